// One block of the Transformer, the one known as Qwen3: attention with normed and turned queries and keys, then SwiGLU.
import { exp, sigmoid } from "../arithmetic.js";

/** RMSNorm of the first n numbers from a place on, with its weight: out[k] = weight[k] x[k] / rms(x). */
export function normalise(x, weight, out, epsilon, from = 0) {
  const n = weight.length;
  let squares = 0;
  for (let k = 0; k < n; k++) squares += x[from + k] * x[from + k];
  const factor = 1 / Math.sqrt(squares / n + epsilon);
  for (let k = 0; k < n; k++) out[k] = weight[k] * x[from + k] * factor;
}

export class TransformerBlock {
  constructor(weights, config) {
    this.config = config;
    this.attentionNorm = weights.values("attention_norm.weight");
    this.mlpNorm = weights.values("mlp_norm.weight");
    const attention = weights.within("attention.");
    const mlp = weights.within("mlp.");
    [this.query, this.key, this.value, this.out] = ["query", "key", "value", "out"].map((name) =>
      attention.matrix(`${name}.weight`),
    );
    this.queryNorm = attention.values("query_norm.weight");
    this.keyNorm = attention.values("key_norm.weight");
    [this.gate, this.up, this.down] = ["gate", "up", "down"].map((name) => mlp.matrix(`${name}.weight`));
    this.normed = weights.vector(config.d_model);
    this.added = weights.vector(config.d_model);
    const nHeads = config.n_head * config.d_head;
    [this.queries, this.keys, this.values, this.attended] = [1, 2, 3, 4].map(() => weights.vector(nHeads));
    [this.gates, this.ups] = [1, 2].map(() => weights.vector(config.d_feedforward));
    this.heads = Array.from({ length: config.n_head }, () => new AttentionHead(weights.kernel, config));
  }

  /** Add to the residual vector x what its position reads from the positions that it sees. */
  attend(x, position, turns) {
    const { config, normed, queries, keys, values } = this;
    normalise(x, this.attentionNorm, normed, config.norm_epsilon);
    this.query.times(normed, queries);
    this.key.times(normed, keys);
    this.value.times(normed, values);
    this.heads.forEach((head, number) => {
      const from = number * config.d_head;
      normalise(queries, this.queryNorm, head.query, config.norm_epsilon, from);
      normalise(keys, this.keyNorm, head.key, config.norm_epsilon, from);
      head.remember(position, turns, values.subarray(from, from + config.d_head));
      this.attended.set(head.read(position), from);
    });
    this.add(x, this.out, this.attended);
  }

  /** The second half of the block: x + down(swish(gate) up). */
  feedForward(x) {
    const { gates, ups, normed } = this;
    normalise(x, this.mlpNorm, normed, this.config.norm_epsilon);
    this.gate.times(normed, gates);
    this.up.times(normed, ups);
    for (let k = 0; k < gates.length; k++) gates[k] *= sigmoid(gates[k]) * ups[k];
    this.add(x, this.down, gates);
  }

  add(x, matrix, vector) {
    matrix.times(vector, this.added);
    for (let k = 0; k < x.length; k++) x[k] += this.added[k];
  }

  /** The arrays that are carried from step to step. */
  rings() {
    return this.heads.flatMap((head) => [head.keyRing.values, head.valueRing.values]);
  }
}

/** One head: its ring of keys, a row each, and its ring of values, a column each. */
class AttentionHead {
  constructor(kernel, { d_head: width, memory }) {
    this.memory = memory;
    this.scale = 1 / Math.sqrt(width);
    this.query = kernel.vector(width);
    this.key = kernel.vector(width);
    this.keyRing = kernel.matrix(memory, width);
    this.valueRing = kernel.matrix(width, memory);
    this.scores = kernel.vector(memory);
    this.sums = kernel.vector(width);
  }

  /** Turn query and key by the angles of a position, and put key and value into the ring. */
  remember(position, turns, value) {
    turn(this.query, turns);
    turn(this.key, turns);
    const slot = position % this.memory;
    this.keyRing.values.set(this.key, slot * this.keyRing.stride);
    for (let k = 0; k < value.length; k++) this.valueRing.values[k * this.valueRing.stride + slot] = value[k];
  }

  /** The mean of the values, weighted by softmax(query key / sqrt(K)). */
  read(position) {
    const { scores, sums, scale } = this;
    const nSeen = Math.min(position + 1, this.memory);
    this.keyRing.times(this.query, scores, { rows: nSeen });
    let highest = -Infinity;
    for (let slot = 0; slot < nSeen; slot++) highest = Math.max(highest, scores[slot]);
    let total = 0;
    for (let slot = 0; slot < nSeen; slot++) {
      scores[slot] = exp((scores[slot] - highest) * scale);
      total += scores[slot];
    }
    // Slots that nothing was put into yet hold zeros, so whatever scores they have, they add nothing.
    this.valueRing.times(scores, sums, { columns: nSeen });
    for (let k = 0; k < sums.length; k++) sums[k] /= total;
    return sums;
  }
}

/** Rotate the pairs (x[i], x[i + K/2]) by [cosine, sine]. */
function turn(x, turns) {
  const half = turns.length;
  turns.forEach(([cosine, sine], pair) => {
    const [first, second] = [x[pair], x[pair + half]];
    x[pair] = first * cosine - second * sine;
    x[pair + half] = second * cosine + first * sine;
  });
}
