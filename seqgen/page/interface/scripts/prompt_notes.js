// What of a prompt the models do not read as it stands, in sentences.

import { quoted, sentence } from "./wording.js";

/** Sentences out of what each model says: [{name, dropped, notes}]. What all of them say is said once, without names. */
export function promptNotes(fits) {
  const notes = grouped(fits, ({ notes = [] }) => notes);
  const unknown = grouped(fits, ({ dropped }) => dropped);
  const lines = [];
  for (const [whose, said] of notes) for (const note of said) lines.push(saidOf(whose, note));
  for (const [whose, parts] of unknown) lines.push(saidOf(whose, `left out as unknown: ${parts.map(quoted).join(", ")}`));
  return lines;
}

/** A sentence, after the names of the models that say it. */
function saidOf(whose, note) {
  return whose === "" ? sentence(note) : `${whose}: ${note}.`;
}

/** What models say, by the names to put before it: none where all models say it. */
function grouped(fits, saidBy) {
  const names = new Map();
  for (const fit of fits) {
    for (const said of new Set(saidBy(fit))) names.set(said, [...(names.get(said) ?? []), fit.name]);
  }
  const groups = new Map();
  for (const [said, who] of names) {
    const whose = who.length === fits.length ? "" : who.join(", ");
    groups.set(whose, [...(groups.get(whose) ?? []), said]);
  }
  return groups;
}
