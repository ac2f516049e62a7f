// The likeliest pieces of a text under a unigram model (Viterbi), with the float32 sums of sentencepiece.

const UNKNOWN_PENALTY = 10;

/** The pieces of a text, from its characters, the score of each piece, the lowest score and the longest piece. */
export function likeliestPieces(characters, { scores, lowest, longest }) {
  const unknown = Math.fround(lowest - UNKNOWN_PENALTY);
  const best = characters.map(() => ({ score: -Infinity, start: -1 }));
  best.push({ score: -Infinity, start: -1 });
  best[0].score = 0;
  for (let start = 0; start < characters.length; start++) {
    let piece = "";
    for (let end = start + 1; end <= Math.min(start + longest, characters.length); end++) {
      piece += characters[end - 1];
      const isUnknown = end === start + 1 && !scores.has(piece);
      const score = Math.fround(best[start].score + (isUnknown ? unknown : (scores.get(piece) ?? -Infinity)));
      if (score > best[end].score) best[end] = { score, start };
    }
  }
  const pieces = [];
  for (let end = characters.length; end > 0; end = best[end].start) {
    pieces.unshift(characters.slice(best[end].start, end).join(""));
  }
  return pieces;
}
