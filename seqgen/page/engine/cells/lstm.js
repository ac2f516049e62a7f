// One step of long short-term memory: c' = f c + i g, h' = o tanh(c').
import { sigmoid, tanh } from "../arithmetic.js";

export class LstmCell {
  static inputs = "cell.weight_ih_l0";
  static inputBias = "cell.bias_ih_l0";

  constructor(layer, config) {
    this.n = config.d_model;
    this.matrix = layer.matrix("cell.weight_hh_l0");
    this.bias = layer.values("cell.bias_hh_l0");
    this.sums = layer.vector(4 * this.n);
    this.h = layer.vector(this.n);
    this.c = layer.vector(this.n);
    this.carried = [this.h, this.c];
  }

  /** Advance by one step. `inputs` are the sums over the layer's input: i, f, g, o. */
  step(inputs) {
    const { n, bias, sums, h, c } = this;
    this.matrix.times(h, sums);
    for (let k = 0; k < 4 * n; k++) sums[k] += inputs[k] + bias[k];
    for (let k = 0; k < n; k++) {
      c[k] = sigmoid(sums[n + k]) * c[k] + sigmoid(sums[k]) * tanh(sums[2 * n + k]);
      h[k] = sigmoid(sums[3 * n + k]) * tanh(c[k]);
    }
  }
}
