// Every tokenizer that the page knows, and what all of them share: documents, text, names of tokens.
import { ByteTokenizer } from "./byte.js";
import { CharTokenizer } from "./char.js";
import { Detokenizer } from "./detokenizer.js";
import { SentencePieceTokenizer } from "./sentencepiece.js";
import { WhitespaceTokenizer } from "./whitespace.js";
import { WordTokenizer } from "./word.js";

export const END_OF_TEXT = 0;

const TOKENIZERS = {
  char: CharTokenizer,
  byte: ByteTokenizer,
  word: WordTokenizer,
  whitespace: WhitespaceTokenizer,
  sentencepiece: SentencePieceTokenizer,
};

export class Vocabulary {
  constructor(description) {
    this.tokenizer = new TOKENIZERS[description.kind](description);
    this.separator = description.separator;
    this.strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  }

  get size() {
    return this.tokenizer.size;
  }

  covers(character) {
    return this.tokenizer.covers(character);
  }

  /** The ids of documents, with the end-of-text token between them. */
  encode(documents) {
    return documents.flatMap((document, number) => {
      const ids = this.tokenizer.encode(document);
      return number ? [END_OF_TEXT, ...ids] : ids;
    });
  }

  /** A detokenizer at the beginning of a text. */
  detokenizer() {
    return new Detokenizer(this.tokenizer, this.separator);
  }

  /** A token as text. Bytes that are no character on their own are named, as in "byte E2". */
  nameOf(id, previous) {
    if (id === END_OF_TEXT) return this.separator;
    const bytes = this.tokenizer.bytesOf(id, previous);
    try {
      return this.strict.decode(bytes);
    } catch {
      const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0").toUpperCase());
      return `${bytes.length === 1 ? "byte" : "bytes"} ${digits.join(" ")}`;
    }
  }
}
