// From logits to a token: top-k and top-p at temperature 1, in this order, then the temperature, then chance.
import { exp } from "../arithmetic.js";

/** The token that chance chooses. Temperature 0 takes the likeliest one with the lowest id. */
export function chooseToken(logits, { temperature, topK, topP, mayEnd }, chance) {
  const scores = Float64Array.from(logits);
  if (!mayEnd) scores[0] = -Infinity;
  if (topK) keepTopK(scores, topK);
  if (topP && topP < 1) keepTopP(scores, topP);
  return temperature === 0 ? likeliest(scores) : drawToken(scores, temperature, chance);
}

/** e^(score - highest score), of each. */
function sharesOf(scores, temperature = 1) {
  const highest = scores[likeliest(scores)];
  return scores.map((score) => exp((score - highest) / temperature));
}

function likeliest(scores) {
  let best = 0;
  for (let id = 1; id < scores.length; id++) if (scores[id] > scores[best]) best = id;
  return best;
}

/** Keep the k likeliest tokens. If some tie, those with the lowest ids are kept. */
export function keepTopK(scores, k) {
  if (k >= scores.length) return;
  const threshold = Float64Array.from(scores).sort()[scores.length - k];
  let ties = k;
  for (const score of scores) if (score > threshold) ties--;
  for (let id = 0; id < scores.length; id++) {
    if (scores[id] < threshold || (scores[id] === threshold && ties-- <= 0)) scores[id] = -Infinity;
  }
}

/** Keep the fewest tokens, likeliest first, that together have probability p; of ties, those with the lowest ids. */
export function keepTopP(scores, p) {
  const shares = sharesOf(scores);
  const total = shares.reduce((sum, share) => sum + share, 0);
  // All tokens below this share together have less than 1 - p, so that none of them is kept.
  const least = ((1 - p) * total) / scores.length;
  const candidates = Array.from(shares.keys()).filter((id) => shares[id] >= least);
  candidates.sort((one, other) => shares[other] - shares[one] || one - other);
  const kept = new Set();
  let sum = 0;
  for (const id of candidates) {
    if (sum >= p * total) break;
    kept.add(id);
    sum += shares[id];
  }
  for (let id = 0; id < scores.length; id++) if (!kept.has(id)) scores[id] = -Infinity;
}

function drawToken(scores, temperature, chance) {
  const shares = sharesOf(scores, temperature);
  let rest = chance.uniform() * shares.reduce((sum, share) => sum + share, 0);
  let last = 0;
  for (let id = 0; id < shares.length; id++) {
    if (shares[id] === 0) continue;
    last = id;
    rest -= shares[id];
    if (rest < 0) return id;
  }
  return last;
}
