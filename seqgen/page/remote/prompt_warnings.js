// The warnings of a server about a prompt, in the words of the page.

import { readAs } from "../interface/scripts/wording.js";

const UNKNOWN = /^the model does not know (['"].+['"]): (?:skipped|read as (['"].+['"]))$/u;
const ESCAPE = /\\(?:x(..)|u(....)|U(.{8})|(.))/g;
const NAMED = { t: "\t", n: "\n", r: "\r" };

/** {dropped, notes}: characters that were left out, and what else the server says. */
export function readWarnings(warnings) {
  const [dropped, notes] = [[], []];
  for (const warning of warnings) {
    const said = warning.replace(/^prompt: /, "");
    const [, character, form] = UNKNOWN.exec(said) ?? [];
    if (form) notes.push(readAs(unquoted(character), unquoted(form)));
    else if (character) dropped.push(unquoted(character));
    else notes.push(said);
  }
  return { dropped, notes };
}

/** The text that Python shows as 'text'. */
function unquoted(shown) {
  return shown.slice(1, -1).replace(ESCAPE, (_, two, four, eight, letter) => {
    return letter ? (NAMED[letter] ?? letter) : String.fromCodePoint(parseInt(two ?? four ?? eight, 16));
  });
}
