// Measures the model that a page carries, without the interface: `measure(seconds)` gives characters per second.
import { carriedBytes, carriedJson } from "../seqgen/page/interface/scripts/carried.js";
import { openLocalModel } from "../seqgen/page/engine/local_model.js";

const N_WARM = 1000;

const started = performance.now();
const opening = openLocalModel(carriedJson("model"), carriedBytes, { plain: carriedJson("options").plain });

globalThis.measure = async (seconds) => {
  const model = await opening;
  const openedMs = performance.now() - started;
  let [nTokens, nCharacters, since] = [0, 0, Infinity];
  for await (const { text } of model.write({ prompt: "", temperature: 0.8, length: 1e9, seed: 1 })) {
    nTokens += 1;
    if (nTokens === N_WARM) since = performance.now();
    if (nTokens > N_WARM) nCharacters += [...text].length;
    if (performance.now() - since > 1000 * seconds) break;
  }
  return { openedMs, perSecond: (1000 * nCharacters) / (performance.now() - since) };
};
