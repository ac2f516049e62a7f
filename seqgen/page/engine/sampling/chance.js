// Random numbers from a seed: the generator sfc32 (Doty-Humphrey, PractRand), the same in every browser.

export class Chance {
  /** The state is 0, the lower and the upper half of the seed, and a counter at 1; twelve numbers are thrown away. */
  constructor(seed) {
    this.state = Uint32Array.of(0, seed % 2 ** 32, Math.floor(seed / 2 ** 32), 1);
    for (let skipped = 0; skipped < 12; skipped++) this.bits();
  }

  /** The next 32 bits. */
  bits() {
    const [a, b, c, counter] = this.state;
    const sum = (a + b + counter) >>> 0;
    this.state[3] = counter + 1;
    this.state[0] = b ^ (b >>> 9);
    this.state[1] = c + (c << 3);
    this.state[2] = ((c << 21) | (c >>> 11)) + sum;
    return sum;
  }

  /** A number from 0 up to 1, with 53 random bits. */
  uniform() {
    return ((this.bits() >>> 5) * 2 ** 26 + (this.bits() >>> 6)) / 2 ** 53;
  }
}
