// Byte-pair encoding as sentencepiece does it: the neighbours whose union scores best become one, the leftmost first.

/** The pieces of a text, from its characters and the score of each piece. */
export function mergePairs(characters, { scores }) {
  const pieces = [...characters];
  const scoreAt = (place) => scores.get(pieces[place] + pieces[place + 1]) ?? -Infinity;
  const unions = pieces.slice(1).map((_, place) => scoreAt(place));
  for (;;) {
    let best = -1;
    for (let place = 0; place < unions.length; place++) {
      if (unions[place] > (best < 0 ? -Infinity : unions[best])) best = place;
    }
    if (best < 0) return pieces;
    pieces.splice(best, 2, pieces[best] + pieces[best + 1]);
    unions.splice(best, 1);
    if (best > 0) unions[best - 1] = scoreAt(best - 1);
    if (best < unions.length) unions[best] = scoreAt(best);
  }
}
