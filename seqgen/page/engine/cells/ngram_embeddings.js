// Hashed n-gram embeddings: rows of tables that hashes of the latest 2, 3, ... ids choose, mapped to the embedding.

const NO_ID = -1; // stands before the beginning of a text
const HASH_PRIME = 2147483647;
const HASH_BASE = 48271;
const HASH_FACTORS = [HASH_BASE]; // powers of the base modulo the prime; no product leaves the exact integers
for (let power = 1; power < 8; power++) HASH_FACTORS.push((HASH_FACTORS[power - 1] * HASH_BASE) % HASH_PRIME);

export class NgramEmbeddings {
  /** The tables of a model; null if it has none. */
  static of(weights, config) {
    return config.ngram_order === null ? null : new NgramEmbeddings(weights, config);
  }

  constructor(weights, config) {
    this.order = config.ngram_order;
    this.nRows = config.ngram_rows;
    this.width = config.ngram_width;
    this.rows = weights.values("ngrams.rows.weight");
    this.map = weights.matrix("ngrams.map.weight");
    this.sums = weights.vector(this.width);
    this.mapped = weights.vector(weights.tensor("ngrams.map.weight").shape[0]);
    this.restore();
  }

  /** Continue after these ids, the latest first; from the beginning without them. */
  restore(past) {
    this.past = past ?? new Array(this.order - 1).fill(NO_ID);
  }

  /** Add to the embedding x of an id what the n-grams say that end with it. */
  addTo(x, id) {
    this.sums.fill(0);
    let total = (id + 1) * HASH_FACTORS[0];
    for (let age = 1; age < this.order && this.past[age - 1] !== NO_ID; age++) {
      total += (this.past[age - 1] + 1) * HASH_FACTORS[age];
      const row = ((total % HASH_PRIME) % this.nRows) + (age - 1) * this.nRows;
      for (let k = 0; k < this.width; k++) this.sums[k] += this.rows[row * this.width + k];
    }
    this.past = [id, ...this.past.slice(0, -1)];
    this.map.times(this.sums, this.mapped);
    for (let k = 0; k < x.length; k++) x[k] += this.mapped[k];
  }
}
