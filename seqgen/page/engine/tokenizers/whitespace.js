// Words between spaces and the ends of lines, in a closed vocabulary: the rule of the word benchmarks.
import { splitSegments } from "./segments.js";

const END_OF_LINE_ID = 1;
const UNKNOWN_WORD = "<unk>";

export class WhitespaceTokenizer {
  constructor({ words }) {
    const encoder = new TextEncoder();
    this.words = [null, null, ...words];
    this.ids = new Map(words.map((word, number) => [word, number + 2]));
    this.bytes = this.words.map((word) => encoder.encode(word ?? "\n"));
    this.bytesAfterWord = this.words.map((word) => encoder.encode(word === null ? "\n" : ` ${word}`));
  }

  get size() {
    return this.words.length;
  }

  /** Every character is covered: texts are covered word by word. */
  covers() {
    return true;
  }

  /** The words of a document that the vocabulary lacks. */
  unknownWords(document) {
    return wordsOf(document).filter((word) => !this.ids.has(word));
  }

  /** The ids of one document; an unknown word is <unk> if the vocabulary has that, and else has none. */
  encode(document) {
    return splitSegments(document).flatMap((segment) => {
      const known = wordsOf(segment).map((word) => this.ids.get(word) ?? this.ids.get(UNKNOWN_WORD));
      const ids = known.filter((id) => id !== undefined);
      return segment.endsWith("\n") ? [...ids, END_OF_LINE_ID] : ids;
    });
  }

  /** The UTF-8 bytes that a token adds to a text which ends with the token `previous`. */
  bytesOf(id, previous) {
    return previous > END_OF_LINE_ID ? this.bytesAfterWord[id] : this.bytes[id];
  }
}

/** The words of a text, between what Python takes for white space. */
function wordsOf(text) {
  return text.split(/[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/).filter(Boolean);
}
