// Tokens of a completion with the text that each wrote, out of what a stream tells: text, tokens, and where they begin.

const END = "<|endoftext|>";

/** Cuts the text at the places where tokens begin. The last token waits until the next shows where it ends. */
export class TokenTexts {
  constructor() {
    this._characters = []; // code points that were not given out
    this._begin = null; // where the first of them stands, counted from the prompt's first
    this._token = null; // the token that waits
  }

  /** The pieces that a choice of an event finishes: [{text, nats, odds}]. */
  take({ text, logprobs }) {
    this._characters.push(...text);
    const pieces = [];
    const { tokens = [], token_logprobs: nats = [], top_logprobs: tops = [], text_offset: offsets = [] } = logprobs ?? {};
    tokens.forEach((_, i) => {
      pieces.push(...this._finish(offsets[i]));
      this._token = { nats: -nats[i], odds: oddsOf(tops[i]) };
      this._begin ??= offsets[i];
    });
    return pieces;
  }

  /** The piece that is left when the text has ended. */
  end() {
    return this._finish(Infinity);
  }

  _finish(offset) {
    if (this._token === null) return [];
    const n = Math.min(offset - this._begin, this._characters.length);
    this._begin += n;
    return [{ text: this._characters.splice(0, n).join(""), ...this._token }];
  }
}

/** {token: log-probability} as [{text, probability}], likeliest first; the end of a text is the empty text. */
export function oddsOf(top) {
  const odds = Object.entries(top ?? {}).map(([token, logprob]) => {
    return { text: token === END ? "" : token, probability: Math.exp(logprob) };
  });
  return odds.sort((a, b) => b.probability - a.probability);
}
