// What the page carries as text: base64, compressed, and numbers whose first bytes all stand first.

/** The bytes of a text in base64. */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** The bytes that zlib compressed into these. */
export async function decompress(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Takes one array of little-endian numbers after the other, each stored as its first bytes, its second bytes, ... */
export class PlaneReader {
  constructor(bytes) {
    this.bytes = bytes;
    this.position = 0;
  }

  /** The next n numbers, as the bytes of an array with this width. */
  take(n, width) {
    const planes = this.bytes.subarray(this.position, this.position + n * width);
    this.position += n * width;
    const numbers = new Uint8Array(n * width);
    for (let plane = 0; plane < width; plane++) {
      for (let number = 0; number < n; number++) numbers[number * width + plane] = planes[plane * n + number];
    }
    return numbers.buffer;
  }
}
