// One step of the gated recurrent unit: h' = n + u (h - n) with n = tanh(W x + b + r (U h + b')).
import { sigmoid, tanh } from "../arithmetic.js";

export class GruCell {
  static inputs = "cell.weight_ih_l0";
  static inputBias = "cell.bias_ih_l0";

  constructor(layer, config) {
    this.n = config.d_model;
    this.matrix = layer.matrix("cell.weight_hh_l0");
    this.bias = layer.values("cell.bias_hh_l0");
    this.sums = layer.vector(3 * this.n);
    this.h = layer.vector(this.n);
    this.carried = [this.h];
  }

  /** Advance by one step. `inputs` are the sums over the layer's input: r, u, n. */
  step(inputs) {
    const { n, bias, sums, h } = this;
    this.matrix.times(h, sums);
    for (let k = 0; k < n; k++) {
      const r = sigmoid(inputs[k] + sums[k] + bias[k]);
      const u = sigmoid(inputs[n + k] + sums[n + k] + bias[n + k]);
      const candidate = tanh(inputs[2 * n + k] + r * (sums[2 * n + k] + bias[2 * n + k]));
      h[k] = candidate + u * (h[k] - candidate);
    }
  }
}
