// One model on the page: its text as it is written, the odds of what comes next, and what is known about it.

import { copyText, fileName, saveText } from "./keeping.js";
import { showOdds } from "./odds_list.js";
import { markPlace, offsetUnder, unmarkPlace } from "./places.js";
import { ShadedText } from "./shaded_text.js";
import { characters, count, sentence, shownToken } from "./wording.js";

const N_ODDS = 10;
const MOST_ANNOUNCED = 2000;

/** A card. The page lets it lengthen the prompt, read the settings, and tell something to who cannot see. */
export class ModelCard {
  constructor(model, { addToPrompt, readSettings, announce }) {
    this.model = model;
    Object.assign(this, { addToPrompt, readSettings, announce });
    this.element = document.getElementById("card").content.firstElementChild.cloneNode(true);
    this.written = new ShadedText(this.find(".written"));
    this.seed = null; // of the text that is shown
    this.nContinued = 0;
    this.place = null; // which token's odds are shown
    this.stopping = null;
    this.element.setAttribute("aria-label", model.name);
    this.find("h2").textContent = model.name;
    this.find(".text").setAttribute("aria-label", `Text of ${model.name}`);
    this.showAbout();
    this.listen();
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  get isWriting() {
    return this.stopping !== null;
  }

  /** Prompt and text. */
  get wholeText() {
    return this.find(".prompt").textContent + this.written.text;
  }

  /** Where the page has the name as its title, it is said once. */
  hideName() {
    this.find("h2").className = "unseen";
  }

  showAbout() {
    const { facts = [], notes = [] } = this.model;
    const terms = facts.flatMap(([name, value]) => [textElement("dt", name), textElement("dd", value)]);
    this.find(".about dl").replaceChildren(...terms);
    this.find(".about ul").replaceChildren(...notes.map((note) => textElement("li", note)));
    this.find(".about").hidden = facts.length + notes.length === 0;
  }

  listen() {
    this.find(".continue").addEventListener("click", () => this.continueText());
    this.find(".copy").addEventListener("click", () => this.copy());
    this.find(".save").addEventListener("click", () => saveText(this.wholeText, fileName(this.model.name, this.seed)));
    this.find(".written").addEventListener("click", (event) => {
      this.showOddsAt(this.written.indexAt(offsetUnder(this.find(".written"), event)));
    });
    this.find(".text").addEventListener("keydown", (event) => this.moveByKey(event));
  }

  /** Write a new text: {prompt, temperature, topP, topK, length, seed, stop}. */
  write(request) {
    this.find(".prompt").textContent = request.prompt;
    if (this.place !== null) this.showOdds(request.prompt); // the place is in a text that goes
    this.written.clear();
    this.seed = request.seed;
    this.nContinued = 0;
    return this.run(request);
  }

  /** Go on where the text ends, with the settings of now. */
  continueText() {
    const settings = this.readSettings();
    if (settings === null || this.isWriting) return;
    this.nContinued++;
    this.run({ ...settings, prompt: this.wholeText, seed: this.seed + this.nContinued });
  }

  stop() {
    this.stopping?.abort();
  }

  /** Let the model write until it has finished or is stopped. A temperature of null is the model's own. */
  async run({ temperature, ...request }) {
    this.stopping = new AbortController();
    const { signal } = this.stopping;
    this.showState();
    this.showError("");
    const begin = performance.now();
    const before = this.written.text.length;
    try {
      for await (const piece of this.model.write({ ...request, temperature: temperature ?? this.model.temperature, signal })) {
        if (signal.aborted) break;
        this.written.add(piece);
      }
    } catch (error) {
      if (!signal.aborted) this.showError(sentence(error));
    }
    this.written.show();
    this.stopping = null;
    this.showState();
    const text = this.written.text.slice(before);
    this.showMeasures(text, { request, elapsedS: (performance.now() - begin) / 1000, isStopped: signal.aborted });
  }

  showState() {
    const { isWriting } = this;
    this.element.classList.toggle("is-writing", isWriting);
    this.element.classList.toggle("is-idle", this.seed === null);
    this.find(".text").setAttribute("aria-busy", String(isWriting));
    for (const button of this.element.querySelectorAll(".keep button")) button.disabled = isWriting || this.seed === null;
    if (isWriting) this.find(".measures").textContent = "Writing …";
    this.element.dispatchEvent(new CustomEvent("writing", { bubbles: true }));
  }

  showError(text) {
    const error = this.find(".error");
    error.textContent = text;
    error.hidden = text === "";
  }

  /** The line below the text, and the text itself for a screen reader, now that it is finished. */
  showMeasures(text, { request, elapsedS, isStopped }) {
    const [all, now] = [characters(this.written.text), characters(text)];
    const hasFailed = !this.find(".error").hidden;
    const parts = [count(all, "character"), `seed ${this.seed}${this.nContinued > 0 ? ", continued" : ""}`];
    if (all > 0) parts.push(`${(this.written.nats / Math.LN2 / all).toFixed(2)} bits of surprise a character`);
    if (elapsedS > 0.05 && now > 0) parts.push(`${Math.round(now / elapsedS).toLocaleString("en")} characters a second`);
    if (isStopped) parts.unshift("stopped");
    else if (!hasFailed && now < request.length && !request.stop) parts.unshift("the model ended the text");
    const line = parts.join(" · ");
    this.find(".measures").textContent = line[0].toUpperCase() + line.slice(1);
    if (!hasFailed) this.announce(`${this.model.name} has written ${count(now, "character")}: ${text.slice(0, MOST_ANNOUNCED)}`);
  }

  /** The odds of what may follow the prompt, and what of the prompt the model cannot read. */
  async showOdds(prompt) {
    this.oddsOf = prompt;
    this.place = null;
    unmarkPlace(this.find(".written"));
    try {
      const odds = await this.model.odds({ prompt, n: N_ODDS });
      if (!this.waitsForOddsOf(prompt)) return;
      this.listOdds(odds, "What may come next", "After the prompt. Press one to add it.", this.addToPrompt);
    } catch (error) {
      if (this.waitsForOddsOf(prompt)) this.listOdds([], "What may come next", sentence(error), null);
    }
  }

  /** False if the prompt has changed meanwhile, or the reader looks at a place of the text. */
  waitsForOddsOf(prompt) {
    return this.oddsOf === prompt && this.place === null;
  }

  listOdds(odds, title, hint, choose) {
    this.find(".odds h3").textContent = title;
    const shown = this.find(".odds .hint");
    if (shown.textContent !== hint) shown.textContent = hint; // what changes is read aloud
    showOdds(this.find(".odds ol"), odds, choose);
  }

  /** The odds at a token of the shaded text, where the model gave them. */
  showOddsAt(index) {
    const piece = this.written.pieces[index];
    if (!piece?.odds?.length || !this.element.closest(".shaded")) return;
    this.place = index;
    markPlace(this.find(".written"), piece);
    const hint = `Where the text has “${shownToken(piece.text).text}”: ${(piece.nats / Math.LN2).toFixed(1)} bits of surprise.`;
    this.listOdds(piece.odds, "What could stand here", hint, null);
    this.find(".odds ol").children[piece.odds.findIndex(({ text }) => text === piece.text)]?.classList.add("is-here");
  }

  /** The arrows move from token to token of the shaded text. */
  moveByKey(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    this.showOddsAt((this.place ?? (step > 0 ? -1 : this.written.pieces.length)) + step);
  }

  async copy() {
    try {
      await copyText(this.wholeText);
      this.find(".copy").textContent = "Copied";
      this.announce("Copied.");
      setTimeout(() => (this.find(".copy").textContent = "Copy"), 1500);
    } catch (error) {
      this.showError(sentence(error));
    }
  }
}

function textElement(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
