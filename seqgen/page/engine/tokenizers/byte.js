// One token for each UTF-8 byte: the byte b has the id b + 1.

export class ByteTokenizer {
  get size() {
    return 257;
  }

  /** Every character is covered. */
  covers() {
    return true;
  }

  /** The ids of one document. */
  encode(document) {
    return Array.from(new TextEncoder().encode(document), (byte) => byte + 1);
  }

  /** The byte of a token. */
  bytesOf(id) {
    return Uint8Array.of(id - 1);
  }
}
