// The settings of a text: read from the form, and shown in a line while they are folded away.

import { unescaped } from "./wording.js";

const MOST_SEEDS = 1_000_000;

/** The fields of the form. */
export class Settings {
  constructor(form) {
    this.details = form.querySelector("#settings");
    this.summary = form.querySelector("#settings-now");
    this.fields = Object.fromEntries(
      ["temperature", "top-p", "length", "seed", "stop"].map((id) => [id, form.querySelector(`#${id}`)]),
    );
    this.hasOwnTemperatures = false;
    form.addEventListener("input", ({ target }) => {
      if (target === this.fields.temperature) this.hasOwnTemperatures = false;
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

  /** What the form says, or null where a field must be mended first: the browser then says which and why. */
  read() {
    const wrong = Object.values(this.fields).find((field) => !field.checkValidity());
    if (wrong) {
      this.details.open = true;
      wrong.reportValidity();
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
}

/** Show the value of a slider, and say it to who cannot see. */
function showValue(slider, value) {
  document.getElementById(`${slider.id}-now`).textContent = value;
  slider.setAttribute("aria-valuetext", value);
}

function newSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0] % MOST_SEEDS;
}
