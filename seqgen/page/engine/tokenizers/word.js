// One token for each word, with the space before it. Words outside of the vocabulary are spelled in characters.
import { splitSegments } from "./segments.js";

const APOSTROPHES = "'’";

export class WordTokenizer {
  constructor({ characters, words, ranges }) {
    const encoder = new TextEncoder();
    this.alphabet = new Set(characters);
    this.tokens = ["", ...characters, ...words];
    this.ids = new Map(this.tokens.map((token, id) => [token, id]));
    this.bytes = this.tokens.map((token) => encoder.encode(token));
    this.pattern = wordPattern(ranges);
  }

  get size() {
    return this.tokens.length;
  }

  /** Whether the vocabulary has a character. */
  covers(character) {
    return this.alphabet.has(character);
  }

  /** The ids of one document; characters that the vocabulary lacks have none. */
  encode(document) {
    const words = splitSegments(document).flatMap((segment) => segment.match(this.pattern) ?? []);
    return words.flatMap((word) => {
      const parts = this.ids.has(word) ? [word] : [...word];
      return parts.map((part) => this.ids.get(part)).filter((id) => id !== undefined);
    });
  }

  /** The UTF-8 bytes that a token adds. */
  bytesOf(id) {
    return this.bytes[id];
  }
}

/** A word, a number or a punctuation mark, each with the space before it, or one white-space character.
 *
 * `ranges` are the code points that Python takes for letters, digits and spaces: browsers may know other ones.
 */
function wordPattern({ letters, digits, spaces }) {
  const [letter, digit, space] = [letters, digits, spaces].map(characterClass);
  const word = `[${letter}]+(?:[${APOSTROPHES}][${letter}]+)*`;
  return new RegExp(` ?(?:${word}|[${digit}]+|[^_${letter}${digit}${space}])|_|[${space}]`, "gu");
}

/** The inside of a character class, from [first, last, first, last, ...]. */
function characterClass(ranges) {
  const codes = ranges.map((code) => `\\u{${code.toString(16)}}`);
  return codes.map((code, place) => (place % 2 ? `-${code}` : code)).join("");
}
