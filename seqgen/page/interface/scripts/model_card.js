// One model on the page: its text as it is written, the odds of what comes next, and what is known about it.

import { copyText, fileName, saveText } from "./keeping.js";
import { showOdds } from "./odds_list.js";
import { ShadedText } from "./shaded_text.js";
import { characters, count, sentence } from "./wording.js";

const N_ODDS = 10;
const MOST_ANNOUNCED = 2000;

/** Where in the text of an element the character under the pointer is, in UTF-16 units; -1 if there is none. */
function offsetUnder(element, { clientX, clientY }) {
  const caret = document.caretPositionFromPoint?.(clientX, clientY);
  const range = caret ? null : document.caretRangeFromPoint?.(clientX, clientY);
  const [node, offset] = caret ? [caret.offsetNode, caret.offset] : [range?.startContainer, range?.startOffset];
  if (!node || !element.contains(node) || node.nodeType !== Node.TEXT_NODE) return -1;
  const before = document.createRange();
  before.setStart(element, 0);
  before.setEnd(node, offset);
  const isAfterIts = offset > 0 && clientX < rightOf(node, offset - 1); // the caret stands at the nearer side
  return before.toString().length - (isAfterIts ? 1 : 0);
}

function rightOf(node, offset) {
  const character = document.createRange();
  character.setStart(node, offset);
  character.setEnd(node, offset + 1);
  const { left, right } = character.getBoundingClientRect();
  return Math.max(left, right);
}

/** A card. `addToPrompt(text)` lengthens the prompt; `announce(text)` is heard by who cannot see. */
export class ModelCard {
  constructor(model, { addToPrompt, announce }) {
    this.model = model;
    this.addToPrompt = addToPrompt;
    this.announce = announce;
    this.element = document.getElementById("card").content.firstElementChild.cloneNode(true);
    this.written = new ShadedText(this.find(".written"));
    this.asked = null;
    this.stopping = null;
    this.find("h2").textContent = model.name;
    this.find(".text").setAttribute("aria-label", `Text of ${model.name}`);
    this.find(".measures").textContent = "Nothing is written yet.";
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
    this.find(".save").addEventListener("click", () => saveText(this.wholeText, fileName(this.model.name, this.asked.seed)));
    this.find(".written").addEventListener("click", (event) => this.showOddsThere(event));
  }

  /** Write a new text: {prompt, temperature, topP, topK, length, seed, stop}. */
  write(request) {
    this.find(".prompt").textContent = request.prompt;
    this.written.clear();
    return this.run(request, request);
  }

  /** Go on where the text ends, with the settings that it was asked for. */
  continueText() {
    return this.run({ ...this.asked, prompt: this.wholeText, seed: this.asked.seed + 1 }, this.asked);
  }

  stop() {
    this.stopping?.abort();
  }

  /** Let the model write; `asked` is what the whole text will be known by. */
  async run(request, asked) {
    this.stopping = new AbortController();
    const { signal } = this.stopping;
    this.asked = asked;
    this.showState();
    this.showError("");
    const begin = performance.now();
    const before = this.written.text.length;
    try {
      for await (const piece of this.model.write({ ...request, signal })) {
        if (signal.aborted) break;
        this.written.add(piece);
      }
    } catch (error) {
      if (!signal.aborted) this.showError(sentence(error));
    }
    this.written.show();
    this.stopping = null;
    this.showState();
    this.showMeasures(this.written.text.slice(before), { elapsedS: (performance.now() - begin) / 1000, isStopped: signal.aborted });
  }

  showState() {
    const { isWriting } = this;
    this.element.classList.toggle("is-writing", isWriting);
    this.find(".text").setAttribute("aria-busy", String(isWriting));
    for (const button of this.element.querySelectorAll(".keep button")) button.disabled = isWriting || this.asked === null;
    if (isWriting) this.find(".measures").textContent = "Writing …";
    this.element.dispatchEvent(new CustomEvent("writing", { bubbles: true }));
  }

  showError(text) {
    const error = this.find(".error");
    error.textContent = text;
    error.hidden = text === "";
  }

  /** The line below the text, and the text itself for a screen reader, now that it is finished. */
  showMeasures(text, { elapsedS, isStopped }) {
    const all = characters(this.written.text);
    const parts = [count(all, "character"), `seed ${this.asked.seed}`];
    if (all > 0) parts.push(`${(this.written.nats / Math.LN2 / all).toFixed(2)} bits of surprise a character`);
    if (elapsedS > 0.05) parts.push(`${Math.round(characters(text) / elapsedS).toLocaleString("en")} characters a second`);
    if (isStopped) parts.unshift("stopped");
    const line = parts.join(" · ");
    this.find(".measures").textContent = line[0].toUpperCase() + line.slice(1);
    if (this.find(".error").hidden) this.announce(`${this.model.name} has written ${count(characters(text), "character")}: ${text.slice(0, MOST_ANNOUNCED)}`);
  }

  /** The odds of what may follow the prompt, and what of the prompt the model cannot read. */
  async showOdds(prompt) {
    this.oddsOf = prompt;
    this.unchoose();
    try {
      const odds = await this.model.odds({ prompt, n: N_ODDS });
      if (this.oddsOf !== prompt) return; // the prompt has changed meanwhile
      this.listOdds(odds, "What may come next", "After the prompt. Press one to add it.", this.addToPrompt);
    } catch (error) {
      this.listOdds([], "What may come next", sentence(error), null);
    }
  }

  listOdds(odds, title, hint, choose) {
    this.find(".odds h3").textContent = title;
    this.find(".odds .hint").textContent = hint;
    showOdds(this.find(".odds ol"), odds, choose);
  }

  /** The odds at the place of the shaded text that was pressed, where the model gave them. */
  showOddsThere(event) {
    if (!this.element.closest(".shaded")) return;
    const span = event.target.closest("span");
    const piece = this.written.pieceAt(offsetUnder(this.find(".written"), event));
    if (!piece?.odds?.length || !span) return;
    this.unchoose();
    span.classList.add("chosen");
    this.listOdds(piece.odds, "What could have come here", `Where the text has “${piece.text}”.`, null);
  }

  unchoose() {
    this.find(".chosen")?.classList.remove("chosen");
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
