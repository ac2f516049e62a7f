// The settings of a text: read from the form, and shown in a line while they are folded away.

import { count, unescaped } from "./wording.js";

const MOST_SEEDS = 1_000_000;

/** The fields of the form. */
export class Settings {
  constructor(form) {
    this.details = form.querySelector("#settings");
    this.summary = form.querySelector("#settings-now");
    this.fields = Object.fromEntries(
      ["temperature", "top-p", "length", "seed", "stop"].map((id) => [id, form.querySelector(`#${id}`)]),
    );
    form.addEventListener("input", () => this.showNow());
    this.showNow();
  }

  setTemperature(temperature) {
    this.fields.temperature.value = temperature;
    this.showNow();
  }

  /** Unfold the settings where the window has room for them. */
  unfoldIfWide() {
    this.details.open = window.innerWidth >= 800;
  }

  showNow() {
    const { temperature, length } = this.fields;
    for (const id of ["temperature", "top-p"]) {
      const value = Number(this.fields[id].value).toFixed(2);
      document.getElementById(`${id}-now`).textContent = value;
      this.fields[id].setAttribute("aria-valuetext", value);
    }
    const shown = `temperature ${Number(temperature.value).toFixed(2)}, ${count(Number(length.value), "character")}`;
    this.summary.textContent = shown;
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
      temperature: Number(temperature.value),
      topP: Number(this.fields["top-p"].value),
      topK: null,
      length: Number(length.value),
      seed: seed.value === "" ? newSeed() : Number(seed.value),
      stop: unescaped(stop.value),
    };
  }
}

function newSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0] % MOST_SEEDS;
}
