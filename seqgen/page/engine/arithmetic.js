// Exponentials, logarithms and angles from the four operations alone, so that every browser gets the same bits.

const LOG2_E = 1.4426950408889634;
const LN2_HIGH = 0.6931471803691238; // its last 21 bits are zero, so that a multiple of it is exact
const LN2_LOW = 1.9082149292705877e-10;
const TWO_OVER_PI = 0.6366197723675814;
const HALF_PI_PARTS = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21];
const POWERS_OF_TWO = Float64Array.from({ length: 2098 }, (_, number) => 2 ** (number - 1074));
const SQRT_HALF = 0.7071067811865476;

const bits = new DataView(new ArrayBuffer(8));

/** e to the power of x. */
export function exp(x) {
  if (x > 709) return Infinity;
  if (x < -745) return 0;
  const power = Math.floor(x * LOG2_E + 0.5);
  const rest = x - power * LN2_HIGH - power * LN2_LOW;
  return taylor(rest) * POWERS_OF_TWO[power + 1074];
}

/** e to the power of a number below 0.35, to 13 digits: 1 + x + x²/2! + x³/3! + ... */
function taylor(x) {
  const tail = 1 / 5040 + x * (1 / 40320 + x * (1 / 362880 + x * (1 / 3628800)));
  return 1 + x * (1 + x * (1 / 2 + x * (1 / 6 + x * (1 / 24 + x * (1 / 120 + x * (1 / 720 + x * tail))))));
}

/** The natural logarithm of x, which must not be negative. */
export function ln(x) {
  if (x === 0) return -Infinity;
  if (x < POWERS_OF_TWO[52]) return ln(x * POWERS_OF_TWO[1174]) - 100 * (LN2_HIGH + LN2_LOW);
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  let power = (high >>> 20) - 1022;
  bits.setUint32(0, (high & 0xfffff) | (1022 << 20));
  let fraction = bits.getFloat64(0); // from 1/2 up to 1
  if (fraction < SQRT_HALF) [fraction, power] = [fraction * 2, power - 1];
  const ratio = (fraction - 1) / (fraction + 1);
  const square = ratio * ratio;
  let sum = 0;
  for (let odd = 23; odd > 0; odd -= 2) sum = sum * square + 1 / odd;
  return 2 * ratio * sum + power * LN2_LOW + power * LN2_HIGH;
}

/** [cosine, sine] of an angle in radians, to twelve digits up to a million. */
export function cosineAndSine(angle) {
  const quarter = Math.floor(angle * TWO_OVER_PI + 0.5);
  const rest = HALF_PI_PARTS.reduce((left, part) => left - quarter * part, angle);
  const square = rest * rest;
  let cosine = 1;
  let sine = 1;
  for (let term = 16; term > 0; term -= 2) {
    cosine = 1 - (cosine * square) / (term * (term - 1));
    sine = 1 - (sine * square) / (term * (term + 1));
  }
  sine *= rest;
  return [[cosine, sine], [-sine, cosine], [-cosine, -sine], [sine, -cosine]][((quarter % 4) + 4) % 4];
}

/** 1 / (1 + e^-x). */
export function sigmoid(x) {
  return 1 / (1 + exp(-x));
}

/** The hyperbolic tangent. */
export function tanh(x) {
  return 1 - 2 / (exp(2 * x) + 1);
}
