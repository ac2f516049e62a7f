// One step of the minimal gated recurrent unit: h' = h + z (c - h), where z and c depend on the input alone.
import { sigmoid } from "../arithmetic.js";

export class MinGruCell {
  static inputs = "gates.weight";
  static inputBias = "gates.bias";

  constructor(layer, config) {
    this.n = config.d_model;
    this.h = layer.vector(this.n);
    this.carried = [this.h];
  }

  /** Advance by one step. `inputs` are the sums over the layer's input: z, c. */
  step(inputs) {
    const { n, h } = this;
    for (let k = 0; k < n; k++) h[k] += sigmoid(inputs[k]) * (inputs[n + k] - h[k]);
  }
}
