// One step of Elman's network: h' = tanh(W x + b + U h + b'), or relu in place of tanh.
import { tanh } from "../arithmetic.js";

export class RnnCell {
  static inputs = "cell.weight_ih_l0";
  static inputBias = "cell.bias_ih_l0";

  constructor(layer, config) {
    this.n = config.d_model;
    this.activate = config.nonlinearity === "relu" ? (sum) => Math.max(sum, 0) : tanh;
    this.matrix = layer.matrix("cell.weight_hh_l0");
    this.bias = layer.values("cell.bias_hh_l0");
    this.sums = layer.vector(this.n);
    this.h = layer.vector(this.n);
    this.carried = [this.h];
  }

  /** Advance by one step. `inputs` are the sums over the layer's input. */
  step(inputs) {
    const { n, bias, sums, h, activate } = this;
    this.matrix.times(h, sums);
    for (let k = 0; k < n; k++) h[k] = activate(inputs[k] + sums[k] + bias[k]);
  }
}
