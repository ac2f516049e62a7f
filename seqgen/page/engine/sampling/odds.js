// How likely each token is: the surprise of one, and the likeliest of all.
import { exp, ln } from "../arithmetic.js";

/** ln of the sum of e^logit. */
function lnOfSum(logits) {
  let highest = -Infinity;
  for (const logit of logits) highest = Math.max(highest, logit);
  let total = 0;
  for (const logit of logits) total += exp(logit - highest);
  return highest + ln(total);
}

/** The surprise of every token in nats, as a function of its id. */
export function surprise(logits) {
  const total = lnOfSum(logits);
  return (id) => total - logits[id];
}

/** The ids of the n likeliest tokens, the likeliest first; of ties, the lowest first. */
export function likeliestIds(logits, n) {
  const best = [];
  for (let id = 0; id < logits.length; id++) {
    if (best.length === n && !(logits[id] > logits[best[n - 1]])) continue;
    let place = best.length;
    while (place > 0 && logits[id] > logits[best[place - 1]]) place--;
    best.splice(place, 0, id);
    if (best.length > n) best.pop();
  }
  return best;
}
