// The page: a prompt and settings above, one card a model below.

import { ModelCard } from "./model_card.js";
import { promptNotes } from "./prompt_notes.js";
import { Settings } from "./settings.js";
import { followTheme } from "./theme.js";
import { sentence } from "./wording.js";

const ODDS_AFTER_MS = 150;
const MOST_CHOSEN = 2;

/** Show the page. `open` gives the models, an array or a promise of one; what it throws is shown. `longest` is the most
    characters that a server writes. */
export async function showPage(open, { longest } = {}) {
  followTheme(byId("theme"));
  byId("write-key").textContent = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";
  try {
    const models = await open();
    if (models.length === 0) throw new Error("the page has none");
    byId("opening").hidden = true;
    return new Page(models, longest);
  } catch (error) {
    byId("opening").hidden = true;
    byId("failure").hidden = false;
    byId("failure").textContent = `The model could not be opened. ${sentence(error)}`;
    return null;
  }
}

const byId = (id) => document.getElementById(id);

class Page {
  constructor(models, longest) {
    this.form = byId("form");
    this.prompt = byId("prompt");
    this.settings = new Settings(this.form);
    this.settings.setTemperatures(models.map(({ temperature }) => temperature));
    if (longest) this.settings.setLongest(longest);
    this.settings.unfoldIfWide();
    this.cards = models.map((model) => this.makeCard(model));
    this.seed = null;
    if (models.length === 1 && models[0].name === document.title) this.cards[0].hideName();
    document.body.classList.toggle("several", models.length > 1);
    byId("cards").append(...this.cards.map((card) => card.element));
    this.offerChoice();
    this.listen();
    this.form.hidden = false;
    this.readPrompt();
  }

  makeCard(model) {
    const addToPrompt = (text) => {
      this.prompt.value += text;
      this.readPrompt();
    };
    const news = byId("announcement").appendChild(document.createElement("p"));
    const announce = (text) => (news.textContent = text);
    return new ModelCard(model, { addToPrompt, announce, readSettings: () => this.settings.read() });
  }

  /** The cards of the models that are ticked. */
  get chosen() {
    return this.cards.filter((card) => !card.element.hidden);
  }

  /** With several models: a box each, the first two ticked. */
  offerChoice() {
    byId("choice").hidden = this.cards.length === 1;
    this.cards.forEach((card, number) => {
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = number < MOST_CHOSEN;
      card.element.hidden = !box.checked;
      box.addEventListener("change", () => {
        card.element.hidden = !box.checked;
        if (!box.checked) card.stop();
        this.readPrompt();
      });
      const label = document.createElement("label");
      label.className = "check";
      label.append(box, card.model.name);
      byId("choice").append(label);
    });
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.write(null);
    });
    byId("again").addEventListener("click", () => this.write(this.seed));
    byId("stop-writing").addEventListener("click", () => this.stop());
    byId("cards").addEventListener("writing", () => this.showState());
    byId("shade").addEventListener("change", () => {
      this.showShades();
      this.readPrompt(); // instead of the odds at a place of the text
    });
    this.showShades();
    this.prompt.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.readPrompt(), ODDS_AFTER_MS);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.stop();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.write(null);
      }
    });
  }

  /** Let every chosen model write; with a seed of its own, or with the one of before. */
  write(seed) {
    if (this.chosen.some((card) => card.isWriting)) return;
    const settings = this.settings.read();
    if (settings === null) return;
    this.seed = seed ?? settings.seed;
    const request = { prompt: this.prompt.value, ...settings, seed: this.seed };
    for (const card of this.chosen) card.write(request);
    this.scrollToText();
  }

  /** Where the text would begin too far below, scroll until it stands in the middle of the window. */
  scrollToText() {
    const { top } = byId("cards").getBoundingClientRect();
    if (top > 0.7 * window.innerHeight) window.scrollBy(0, top - 0.5 * window.innerHeight);
  }

  stop() {
    for (const card of this.cards) card.stop();
  }

  showState() {
    const isWriting = this.chosen.some((card) => card.isWriting);
    byId("write").disabled = isWriting || this.chosen.length === 0;
    byId("stop-writing").disabled = !isWriting;
    byId("again").disabled = isWriting || this.seed === null;
    this.keepFocus(isWriting);
  }

  /** The keyboard is never left at a disabled button: it goes to Stop while a text is written, and then back. */
  keepFocus(isWriting) {
    const focused = document.activeElement;
    if (!focused?.disabled) return;
    if (isWriting) this.focusedBefore = focused;
    const next = isWriting ? byId("stop-writing") : (this.focusedBefore ?? byId("write"));
    next.focus({ preventScroll: true });
  }

  showShades() {
    const isShaded = byId("shade").checked;
    byId("cards").classList.toggle("shaded", isShaded);
    byId("legend").hidden = !isShaded;
  }

  /** Show what may follow the prompt, and say what in it a model cannot read. */
  async readPrompt() {
    clearTimeout(this.timer);
    this.showState();
    const prompt = this.prompt.value;
    for (const card of this.chosen) card.showOdds(prompt);
    const said = promptNotes(await Promise.all(this.chosen.map(({ model }) => fitted(model, prompt))));
    if (prompt !== this.prompt.value) return;
    byId("prompt-hint").textContent = said.join(" ");
    byId("prompt-hint").hidden = said.length === 0;
  }
}

/** What a model says of a prompt. Where `fit` fails, the list of odds says why. */
async function fitted(model, prompt) {
  try {
    return { name: model.name, ...(await model.fit(prompt)) };
  } catch {
    return { name: model.name, dropped: [] };
  }
}
