// The model that a page carries, without the interface: how fast it writes, and its logits.
import { carriedBytes, carriedJson } from "../seqgen/page/interface/scripts/carried.js";
import { openLocalModel } from "../seqgen/page/engine/local_model.js";

const N_WARM = 1000;

const opening = openLocalModel(carriedJson("model"), carriedBytes, { plain: carriedJson("options").plain });

/** Characters per second, measured for some seconds after the first tokens. */
globalThis.measure = async (seconds) => {
  const model = await opening;
  let [nTokens, nCharacters, since] = [0, 0, Infinity];
  for await (const { text } of model.write({ prompt: "", temperature: 0.8, length: 1e9, seed: 1 })) {
    nTokens += 1;
    if (nTokens === N_WARM) since = performance.now();
    if (nTokens > N_WARM) nCharacters += [...text].length;
    if (performance.now() - since > 1000 * seconds) break;
  }
  return (1000 * nCharacters) / (performance.now() - since);
};

/** The logits after each of some ids. */
globalThis.logitsAfter = async (ids) => {
  const stream = (await opening).shared.open();
  return ids.map((id) => Array.from(stream.step(id)));
};
