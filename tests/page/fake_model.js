// Models that write the alphabet, for tests of the page: their settings come with the page.

import { carriedJson } from "../../seqgen/page/interface/scripts/carried.js";
import { showPage } from "../../seqgen/page/interface/scripts/page.js";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const LETTERS = [..."abcdefghijklmnopqrstuvwxyz "];

/** The facts of the page beside what a model does: pieces and odds that it repeats, and where it fails. */
class FakeModel {
  constructor({ name, pieces = LETTERS, odds = [], failsAfter = Infinity, endsAfter = Infinity, pauseMs = 0, known = null, ...about }) {
    Object.assign(this, { facts: [], notes: [], temperature: 0.8, hasDocuments: false }, about);
    Object.assign(this, { name, pieces, shownOdds: odds, failsAfter, endsAfter, pauseMs, known, requests: [] });
  }

  async *write(request) {
    const { signal, ...settings } = request;
    this.requests.push(settings);
    for (let i = 0; i < settings.length; i++) {
      if (signal.aborted || i >= this.endsAfter) return;
      if (i >= this.failsAfter) throw new Error("the weights are not numbers");
      if (this.pauseMs || i % 20 === 0) await pause(this.pauseMs);
      yield { text: this.pieces[(i + settings.seed) % this.pieces.length], nats: ((i % 10) + 0.5) * Math.LN2, odds: this.shownOdds };
    }
  }

  async odds({ prompt, n }) {
    return [{ text: prompt.at(-1) ?? "A", probability: 0.5 }, ...this.shownOdds].slice(0, n);
  }

  fit(prompt) {
    const isKnown = (character) => this.known === null || this.known.includes(character);
    return { text: [...prompt].filter(isKnown).join(""), dropped: [...prompt].filter((c) => !isKnown(c)).join("") };
  }
}

showPage(async () => {
  globalThis.fakes = carriedJson("models").map((about) => new FakeModel(about));
  return globalThis.fakes;
});
