// The Transformer step by step: blocks over one vector. Each keeps its last `memory` keys and values in a ring.
import { cosineAndSine, exp, ln } from "../arithmetic.js";
import { NgramEmbeddings } from "./ngram_embeddings.js";
import { normalise, TransformerBlock } from "./transformer_block.js";
import { padded } from "../kernel.js";

export class TransformerStepper {
  /** Floats of the kernel's memory that a model needs beside its weights. */
  static scratch(config) {
    const ring = 2 * config.n_head * padded(config.d_head) * padded(config.memory);
    const vectors = 8 * padded(config.d_model) + 8 * config.n_head * padded(config.d_head);
    const wide = 3 * padded(config.d_feedforward) + config.n_head * padded(config.memory);
    const around = 2 * padded(config.vocab_size) + 4 * padded(config.d_model) + padded(config.ngram_width);
    return config.n_layer * (ring + vectors + wide) + around;
  }

  constructor(weights, config) {
    this.epsilon = config.norm_epsilon;
    this.x = weights.vector(config.d_model);
    this.normed = weights.vector(config.d_model);
    this.embedding = weights.values("embedding.weight");
    this.ngrams = NgramEmbeddings.of(weights, config);
    this.blocks = Array.from(
      { length: config.n_layer },
      (_, number) => new TransformerBlock(weights.within(`blocks.${number}.`), config),
    );
    this.norm = weights.values("norm.weight");
    this.head = weights.matrix(config.tie_weights ? "embedding.weight" : "head.weight");
    this.logits = weights.vector(config.vocab_size);
    const half = config.d_head / 2;
    this.frequencies = Array.from({ length: half }, (_, pair) => exp((-pair / half) * ln(config.rope_base)));
    this.position = 0;
  }

  /** Read one id. Returns the logits of the next, which the next step overwrites. */
  step(id) {
    const { x, normed, position } = this;
    x.set(this.embedding.subarray(id * x.length, (id + 1) * x.length));
    this.ngrams?.addTo(x, id);
    const turns = this.frequencies.map((frequency) => cosineAndSine(position * frequency));
    for (const block of this.blocks) {
      block.attend(x, position, turns);
      block.feedForward(x);
    }
    this.position += 1;
    normalise(x, this.norm, normed, this.epsilon);
    this.head.times(normed, this.logits);
    return this.logits;
  }

  /** A copy of what is carried from step to step. */
  save() {
    const rings = this.blocks.map((block) => block.rings().map((ring) => ring.slice()));
    return { rings, position: this.position, past: this.ngrams?.past.slice() };
  }

  /** Continue from a copy; from the beginning without one. */
  restore(saved) {
    this.position = saved?.position ?? 0;
    this.ngrams?.restore(saved?.past);
    this.blocks.forEach((block, number) => {
      block.rings().forEach((ring, part) => (saved ? ring.set(saved.rings[number][part]) : ring.fill(0)));
    });
  }
}
