// What all recurrent models share: the embedding before the layers, the sums over each layer's input, the output layer.
import { NgramEmbeddings } from "./ngram_embeddings.js";
import { padded } from "../kernel.js";

export class RecurrentStepper {
  /** Floats of the kernel's memory that a model needs beside its weights. */
  static scratch(config) {
    const width = config.vocab_size + (config.d_embedding ?? 0) + config.ngram_width;
    return config.n_layer * 16 * padded(config.d_model) + 2 * padded(width);
  }

  constructor(weights, config, Cell) {
    this.layers = Array.from({ length: config.n_layer }, (_, number) => {
      const isOneHot = number === 0 && config.d_embedding === null;
      return new RecurrentLayer(weights.within(`layers.${number}.`), config, { Cell, isOneHot });
    });
    this.embedding = config.d_embedding === null ? null : weights.values("embedding.weight");
    this.x = weights.vector(config.d_embedding ?? 0);
    this.ngrams = NgramEmbeddings.of(weights, config);
    this.head = weights.matrix(config.tie_weights ? "embedding.weight" : "head.weight");
    this.headBias = weights.values("head.bias");
    this.logits = weights.vector(config.vocab_size);
  }

  /** Read one id. Returns the logits of the next, which the next step overwrites. */
  step(id) {
    const [first, ...others] = this.layers;
    if (this.embedding === null) {
      first.stepAfterId(id);
    } else {
      const width = this.x.length;
      this.x.set(this.embedding.subarray(id * width, (id + 1) * width));
      this.ngrams?.addTo(this.x, id);
      first.step(this.x);
    }
    others.reduce((below, layer) => layer.step(below), first.cell.h);
    this.head.times(this.layers.at(-1).cell.h, this.logits);
    for (let k = 0; k < this.logits.length; k++) this.logits[k] += this.headBias[k];
    return this.logits;
  }

  /** A copy of what is carried from step to step. */
  save() {
    return { hidden: this.carried().map((array) => array.slice()), past: this.ngrams?.past.slice() };
  }

  /** Continue from a copy; from the beginning without one. */
  restore(saved) {
    this.carried().forEach((array, number) => (saved ? array.set(saved.hidden[number]) : array.fill(0)));
    this.ngrams?.restore(saved?.past);
  }

  carried() {
    return this.layers.flatMap((layer) => layer.cell.carried);
  }
}

/** A cell with the matrix over its input. */
class RecurrentLayer {
  constructor(weights, config, { Cell, isOneHot }) {
    this.cell = new Cell(weights, config);
    this.bias = weights.values(Cell.inputBias);
    this.sums = weights.vector(this.bias.length);
    this.columns = isOneHot ? weights.tensor(Cell.inputs) : null;
    this.matrix = isOneHot ? null : weights.matrix(Cell.inputs);
  }

  /** Advance by one step over an input, a vector of the kernel. Returns the output. */
  step(x) {
    this.matrix.times(x, this.sums);
    return this.advance();
  }

  /** The same over the one-hot vector of an id. */
  stepAfterId(id) {
    const { values, shape } = this.columns;
    for (let k = 0; k < this.sums.length; k++) this.sums[k] = values[k * shape[1] + id];
    return this.advance();
  }

  advance() {
    const { sums, bias, cell } = this;
    for (let k = 0; k < sums.length; k++) sums[k] += bias[k];
    cell.step(sums);
    return cell.h;
  }
}
