// One text while it grows: it counts characters, holds back what may begin a stop string, and knows when it ends.

const MAX_SILENT_TOKENS = 1000;
const END_TOKEN = 0;

export class GrowingText {
  constructor(detokenizer, { length, stops }) {
    this.detokenizer = detokenizer;
    this.left = length;
    this.stops = stops;
    this.waiting = "";
    this.nSilent = 0;
    this.hasEnded = length === 0;
  }

  /** Take one more token. Returns the characters that can be shown now. */
  take(id) {
    if (id === END_TOKEN) {
      this.hasEnded = true;
      return this.waiting + this.detokenizer.finish();
    }
    const written = Array.from(this.detokenizer.write(id)).slice(0, this.left);
    this.left -= written.length;
    this.nSilent = written.length ? 0 : this.nSilent + 1;
    this.hasEnded = this.left === 0 || this.nSilent >= MAX_SILENT_TOKENS;
    return this.untilStop(this.waiting + written.join(""));
  }

  untilStop(text) {
    const starts = this.stops.map((stop) => text.indexOf(stop)).filter((start) => start >= 0);
    if (starts.length) {
      this.hasEnded = true;
      return text.slice(0, Math.min(...starts));
    }
    const nWaiting = this.hasEnded ? 0 : longestBeginning(text, this.stops);
    this.waiting = text.slice(text.length - nWaiting);
    return text.slice(0, text.length - nWaiting);
  }
}

/** Length of the longest end of a text that is the beginning of a stop string. */
function longestBeginning(text, stops) {
  let longest = 0;
  for (const stop of stops) {
    for (let n = longest + 1; n < stop.length; n++) if (text.endsWith(stop.slice(0, n))) longest = n;
  }
  return longest;
}
