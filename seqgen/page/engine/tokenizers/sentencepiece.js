// Subword tokens of the sentencepiece library, byte-pair or unigram. What has no piece is spelled in byte tokens.
import { mergePairs } from "./bpe.js";
import { splitSegments } from "./segments.js";
import { likeliestPieces } from "./unigram.js";

const SPACE_MARK = "\u2581"; // how the library writes a space
const FIRST_BYTE = 1;
const FIRST_PIECE = 257;
const SPLITTERS = { bpe: mergePairs, unigram: likeliestPieces };

export class SentencePieceTokenizer {
  constructor({ model, pieces, scores }) {
    const encoder = new TextEncoder();
    this.encoder = encoder;
    this.split = SPLITTERS[model];
    this.ids = new Map(pieces.map((piece, number) => [piece, FIRST_PIECE + number]));
    this.scores = new Map(pieces.map((piece, number) => [piece, Math.fround(scores[number])]));
    this.longest = pieces.reduce((most, piece) => Math.max(most, [...piece].length), 1);
    this.lowest = scores.reduce((least, score) => Math.min(least, score), 0);
    const singles = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    const texts = pieces.map((piece) => encoder.encode(piece));
    this.bytes = [new Uint8Array(), ...singles, ...texts];
  }

  get size() {
    return this.bytes.length;
  }

  /** Every character is covered. */
  covers() {
    return true;
  }

  /** The ids of one document. A space mark in the text itself is spelled in bytes, and parts the text. */
  encode(document) {
    const parts = splitSegments(document).flatMap((segment) => segment.split(/(\u2581)/));
    return parts.filter(Boolean).flatMap((part) => (part === SPACE_MARK ? this.spell(part) : this.encodePart(part)));
  }

  encodePart(part) {
    return this.split([...part], this).flatMap((piece) => {
      const id = this.ids.get(piece);
      return id === undefined ? this.spell(piece) : [id];
    });
  }

  spell(text) {
    return Array.from(this.encoder.encode(text), (byte) => FIRST_BYTE + byte);
  }

  /** The UTF-8 bytes that a token adds. */
  bytesOf(id) {
    return this.bytes[id];
  }
}
