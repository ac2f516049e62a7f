// The n-gram expert: Kneser-Ney probabilities from tables by context, mixed with those of the network.
import { exp, ln } from "./arithmetic.js";
import { PlaneReader } from "./packing.js";

const MULTIPLIER = 0x9e3779b97f4a7c15n;
const END_OF_TEXT_ID = 0;

/** The hash of a context with one more id, modulo 2^64. */
function extendHash(hash, id) {
  const mixed = BigInt.asUintN(64, (hash + BigInt(id) + 1n) * MULTIPLIER);
  return mixed ^ (mixed >> 29n);
}

export class NgramExpert {
  /** The expert from its description and the bytes of its tables. */
  constructor({ weight, contexts, ngrams, discounts }, bytes, vocabSize) {
    const reader = new PlaneReader(bytes);
    this.weight = weight;
    this.tables = contexts.map((n, length) => new ContextTable(reader, n, ngrams[length], discounts[length]));
    this.probabilities = new Float64Array(vocabSize);
    this.mixed = new Float64Array(vocabSize);
    this.restore();
  }

  /** Continue after contexts with these hashes; from the beginning of a text without them. */
  restore(hashes) {
    this.hashes = hashes ?? this.tables.map(() => 0n);
    if (!hashes) for (const _ of this.tables) this.read(END_OF_TEXT_ID);
  }

  /** Read one id. */
  read(id) {
    this.hashes = [0n, ...this.hashes.slice(0, -1).map((hash) => extendHash(hash, id))];
  }

  /** The logarithms of the mixed probabilities, for the network's logits. The next call overwrites them. */
  mix(logits) {
    const { mixed, probabilities, weight } = this;
    this.predict();
    let highest = -Infinity;
    for (let id = 0; id < logits.length; id++) highest = Math.max(highest, logits[id]);
    let total = 0;
    for (let id = 0; id < logits.length; id++) {
      mixed[id] = exp(logits[id] - highest);
      total += mixed[id];
    }
    const share = (1 - weight) / total;
    for (let id = 0; id < mixed.length; id++) mixed[id] = ln(mixed[id] * share + weight * probabilities[id]);
    return mixed;
  }

  /** p(token | context), from the empty context to the longest known one. */
  predict() {
    this.probabilities.fill(1 / this.probabilities.length);
    for (let length = 0; length < this.tables.length; length++) {
      // A longer context ends with this one, so it is unknown too.
      if (!this.tables[length].lengthen(this.probabilities, this.hashes[length])) break;
    }
  }
}

/** What followed the contexts of one length: their keys in order, and for each its tokens and their counts. */
class ContextTable {
  constructor(reader, nContexts, nNgrams, discounts) {
    const differences = new BigUint64Array(reader.take(nContexts, 8));
    let key = 0;
    // A key is the upper 40 bits of a hash, which a float64 holds exactly.
    this.keys = Float64Array.from(differences, (difference) => (key += Number(difference)));
    let end = 0;
    this.ends = Uint32Array.from(new Uint32Array(reader.take(nContexts, 4)), (size) => (end += size));
    this.ids = new Uint32Array(reader.take(nNgrams, 4));
    this.counts = new Uint16Array(reader.take(nNgrams, 2));
    this.discounts = discounts;
  }

  /** From p(token | shorter context) to p(token | context with this hash), in place. False if it is not known. */
  lengthen(p, hash) {
    const number = this.find(Number(hash >> 24n));
    if (number < 0) return false;
    const { counts, discounts, ids } = this;
    const start = number ? this.ends[number - 1] : 0;
    const end = this.ends[number];
    let total = 0;
    let reserved = 0;
    for (let gram = start; gram < end; gram++) {
      total += counts[gram];
      reserved += discounts[Math.min(counts[gram], 3)];
    }
    for (let id = 0; id < p.length; id++) p[id] *= reserved / total;
    for (let gram = start; gram < end; gram++) {
      p[ids[gram]] += (counts[gram] - discounts[Math.min(counts[gram], 3)]) / total;
    }
    return true;
  }

  /** The number of a key; -1 if there is none. */
  find(key) {
    const { keys } = this;
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low < keys.length && keys[low] === key ? low : -1;
  }
}
