// Memory for weights and vectors, and their products: in WebAssembly with SIMD, or in plain JavaScript.
import { fromBase64 } from "./packing.js";
import { KERNEL_BYTES } from "./kernel_bytes.js";

const PAGE_FLOATS = 16384;

/** The next multiple of four. */
export function padded(n) {
  return (n + 3) & ~3;
}

export class Kernel {
  /** A kernel with room for so many floats, each vector and row padded to a multiple of four. */
  static async open(nFloats, { plain = false } = {}) {
    const nPages = Math.ceil(nFloats / PAGE_FLOATS) + 1;
    if (!plain) {
      try {
        const memory = new WebAssembly.Memory({ initial: nPages });
        const { instance } = await WebAssembly.instantiate(fromBase64(KERNEL_BYTES), { page: { memory } });
        return new Kernel(memory.buffer, instance.exports.multiply);
      } catch (error) {
        if (error instanceof RangeError) throw error; // no memory of this size: plain JavaScript has none either
      }
    }
    const floats = new Float32Array(nPages * PAGE_FLOATS);
    return new Kernel(floats.buffer, plainMultiply(floats));
  }

  constructor(buffer, multiply) {
    this.buffer = buffer;
    this.multiply = multiply;
    this.nUsed = 0;
  }

  /** A new vector of zeros in the memory of the kernel. */
  vector(n) {
    const vector = new Float32Array(this.buffer, 4 * this.nUsed, n);
    this.nUsed += padded(n);
    return vector;
  }

  /** A new matrix, of zeros or of the values of a tensor. */
  matrix(rows, columns, values) {
    const matrix = new Matrix(this, rows, columns);
    if (values) {
      for (let row = 0; row < rows; row++) {
        matrix.values.set(values.subarray(row * columns, (row + 1) * columns), row * matrix.stride);
      }
    }
    return matrix;
  }
}

/** Rows of numbers, each with zeros at its end until their number is a multiple of four. */
class Matrix {
  constructor(kernel, rows, columns) {
    this.multiply = kernel.multiply;
    this.rows = padded(rows);
    this.stride = padded(columns);
    this.values = kernel.vector(this.rows * this.stride);
    this.place = this.values.byteOffset;
  }

  /** out = matrix vector, or that of its first rows and columns. Both vectors are the kernel's. */
  times(vector, out, { rows = this.rows, columns = this.stride } = {}) {
    const [stride, width] = [4 * this.stride, 4 * padded(columns)];
    this.multiply(this.place, stride, vector.byteOffset, out.byteOffset, padded(rows), width);
  }
}

/** The multiplication of kernel.wat over an array of floats, with the same sums in the same order. */
function plainMultiply(floats) {
  const { fround } = Math;
  return (matrix, stride, vector, out, rows, width) => {
    const nColumns = width / 4;
    const x = vector / 4;
    for (let row = 0; row < rows; row++) {
      const w = (matrix + row * stride) / 4;
      let [sum0, sum1, sum2, sum3] = [fround(0), fround(0), fround(0), fround(0)];
      for (let at = 0; at < nColumns; at += 4) {
        sum0 = fround(sum0 + fround(floats[x + at] * floats[w + at]));
        sum1 = fround(sum1 + fround(floats[x + at + 1] * floats[w + at + 1]));
        sum2 = fround(sum2 + fround(floats[x + at + 2] * floats[w + at + 2]));
        sum3 = fround(sum3 + fround(floats[x + at + 3] * floats[w + at + 3]));
      }
      floats[out / 4 + row] = fround(fround(sum0 + sum1) + fround(sum2 + sum3));
    }
  };
}
