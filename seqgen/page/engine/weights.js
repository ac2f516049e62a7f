// The weights that the page carries: float32, float16, or int8 with a scale for each row; all become float32.
import { PlaneReader } from "./packing.js";

const READERS = {
  float32: (reader, shape) => new Float32Array(reader.take(sizeOf(shape), 4)),
  float16: (reader, shape) => {
    const table = halfTable();
    return Float32Array.from(new Uint16Array(reader.take(sizeOf(shape), 2)), (half) => table[half]);
  },
  int8: (reader, shape) => {
    const [rows, columns] = shape;
    const scales = new Float32Array(reader.take(rows, 4));
    const levels = new Int8Array(reader.take(rows * columns, 1));
    return Float32Array.from(levels, (level, place) => level * scales[Math.floor(place / columns)]);
  },
};

/** The tensors by name, each {shape, values}, from their descriptions and all their bytes. */
export function readWeights(descriptions, bytes) {
  const reader = new PlaneReader(bytes);
  return new Map(
    descriptions.map(({ name, shape, type }) => [name, { shape, values: READERS[type](reader, shape) }]),
  );
}

function sizeOf(shape) {
  return shape.reduce((product, length) => product * length, 1);
}

let halves = null;

/** The number of every float16, by its bits. */
function halfTable() {
  halves ??= Float32Array.from({ length: 65536 }, (_, half) => {
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
    return half & 0x8000 ? -size : size;
  });
  return halves;
}
