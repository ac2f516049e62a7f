// One token for each character of the training text.

export class CharTokenizer {
  constructor({ characters }) {
    const encoder = new TextEncoder();
    this.tokens = ["", ...characters];
    this.ids = new Map(this.tokens.map((character, id) => [character, id]));
    this.bytes = this.tokens.map((character) => encoder.encode(character));
  }

  get size() {
    return this.tokens.length;
  }

  /** Whether the vocabulary has a character, or can spell it. */
  covers(character) {
    return this.ids.has(character);
  }

  /** The ids of one document; characters that the vocabulary lacks have none. */
  encode(document) {
    return [...document].map((character) => this.ids.get(character)).filter((id) => id !== undefined);
  }

  /** The UTF-8 bytes that a token adds. */
  bytesOf(id) {
    return this.bytes[id];
  }
}
