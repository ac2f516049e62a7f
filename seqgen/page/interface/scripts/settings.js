// The settings of a text: read from the form, and shown in a line while they are folded away.

import { unescaped, wholeRange } from "./wording.js";

const MOST_SEEDS = 1_000_000;

/** The fields of the form. */
export class Settings {
  constructor(form) {
    this.details = form.querySelector("#settings");
    this.summary = form.querySelector("#settings-now");
    this.fields = Object.fromEntries(
      ["temperature", "top-p", "length", "seed", "stop"].map((id) => [id, form.querySelector(`#${id}`)]),
    );
    this.hints = new Map(); // of the fields that must be mended: what their hints say otherwise
    this.hasOwnTemperatures = false;
    form.addEventListener("input", ({ target }) => {
      if (target === this.fields.temperature) this.hasOwnTemperatures = false;
      if (target.validity.valid) this.accept(target);
      this.showNow();
    });
    this.showNow();
  }

  /** The temperatures at which the models write best. Until the reader sets one, each model has its own. */
  setTemperatures(temperatures) {
    this.hasOwnTemperatures = new Set(temperatures).size > 1;
    this.fields.temperature.value = temperatures[0];
    this.showNow();
  }

  /** A server may write only so many characters. */
  setLongest(longest) {
    const { length } = this.fields;
    length.max = longest;
    length.value = Math.min(length.value, longest);
    this.showNow();
  }

  /** Unfold the settings where the window has room for them. */
  unfoldIfWide() {
    this.details.open = window.innerWidth >= 800;
  }

  showNow() {
    const { temperature, length, "top-p": topP } = this.fields;
    const shown = this.hasOwnTemperatures ? "each its best" : Number(temperature.value).toFixed(2);
    showValue(temperature, shown);
    showValue(topP, Number(topP.value).toFixed(2));
    this.summary.textContent = `temperature ${shown}, length ${length.value}`;
  }

  /** What the form says, or null where a field must be mended first: this is then said below the field. */
  read() {
    const wrong = Object.values(this.fields).filter((field) => !field.validity.valid);
    if (wrong.length > 0) {
      this.details.open = true;
      wrong.forEach((field) => this.refuse(field));
      wrong[0].focus();
      return null;
    }
    const { temperature, length, seed, stop } = this.fields;
    return {
      temperature: this.hasOwnTemperatures ? null : Number(temperature.value),
      topP: Number(this.fields["top-p"].value),
      topK: null,
      length: Number(length.value),
      seed: seed.value === "" ? newSeed() : Number(seed.value),
      stop: unescaped(stop.value),
    };
  }

  /** Say below a field what it takes. */
  refuse(field) {
    const hint = hintOf(field);
    if (!this.hints.has(field)) this.hints.set(field, hint.textContent);
    field.setAttribute("aria-invalid", "true");
    hint.classList.add("wrong");
    hint.textContent = `${wholeRange(field.min, field.max)}${field.required ? "" : ", or nothing"}.`;
  }

  /** Show the usual hint of a field again. */
  accept(field) {
    if (!this.hints.has(field)) return;
    field.removeAttribute("aria-invalid");
    hintOf(field).classList.remove("wrong");
    hintOf(field).textContent = this.hints.get(field);
    this.hints.delete(field);
  }
}

/** Where a field says what it takes. */
function hintOf(field) {
  return document.getElementById(`${field.id}-hint`);
}

/** Show the value of a slider, and say it to who cannot see. */
function showValue(slider, value) {
  document.getElementById(`${slider.id}-now`).textContent = value;
  slider.setAttribute("aria-valuetext", value);
}

function newSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0] % MOST_SEEDS;
}
