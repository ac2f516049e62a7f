// The stepper of every cell, and the memory that it needs.
import { GruCell } from "./gru.js";
import { LstmCell } from "./lstm.js";
import { MinGruCell } from "./mingru.js";
import { ModelWeights } from "./model_weights.js";
import { RecurrentStepper } from "./recurrent.js";
import { RnnCell } from "./rnn.js";
import { TransformerStepper } from "./transformer.js";
import { Kernel, padded } from "../kernel.js";

const STEPPERS = {
  rnn: [RecurrentStepper, RnnCell],
  lstm: [RecurrentStepper, LstmCell],
  gru: [RecurrentStepper, GruCell],
  mingru: [RecurrentStepper, MinGruCell],
  transformer: [TransformerStepper],
};

/** The stepper of a cell over its weights, at the beginning of a text. */
export async function openStepper(cell, config, tensors, options) {
  const [Stepper, ...parts] = STEPPERS[cell];
  let nFloats = Stepper.scratch(config);
  for (const { shape } of tensors.values()) nFloats += padded(shape[0]) * padded(shape[1] ?? 1);
  const kernel = await Kernel.open(nFloats, options);
  return new Stepper(new ModelWeights(tensors, kernel), config, ...parts);
}
