// Ids to text, one token at a time. Bytes of an unfinished character wait for the rest; others become U+FFFD.

const END_OF_TEXT_TOKEN = 0;

export class Detokenizer {
  constructor(tokenizer, separator) {
    this.tokenizer = tokenizer;
    this.separator = separator;
    this.utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
    this.previous = END_OF_TEXT_TOKEN;
  }

  /** The characters that this token completes; "" if it completes none. */
  write(id) {
    const text =
      id === END_OF_TEXT_TOKEN
        ? this.finish() + this.separator
        : this.utf8.decode(this.tokenizer.bytesOf(id, this.previous), { stream: true });
    this.previous = id;
    return text;
  }

  /** U+FFFD for bytes that still wait, because the rest of their character will not come. */
  finish() {
    return this.utf8.decode();
  }
}
