// Numbers, tokens and errors in words.

const NAMES = new Map([[" ", "space"], ["\n", "line end"], ["\t", "tab"], ["\r", "return"], ["", "end of text"], ["\u00a0", "fixed space"]]);

/** 1,234 characters, 1 character. */
export function count(n, noun) {
  return `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
}

/** Which whole numbers a field takes. */
export function wholeRange(least, most) {
  return `A whole number from ${Number(least).toLocaleString("en")} to ${Number(most).toLocaleString("en")}`;
}

/** A probability in percent, as exact as a reader needs it. */
export function percent(probability) {
  const value = 100 * probability;
  if (value > 0 && value < 0.1) return "<0.1 %";
  return `${value.toFixed(value < 9.95 || value > 99 ? 1 : 0)} %`;
}

/** How a token is shown in a list: {text, isNamed}, where a name stands for what cannot be seen. */
export function shownToken(text) {
  if (NAMES.has(text)) return { text: NAMES.get(text), isNamed: true };
  const visible = text.replace(/\n/g, "⏎").replace(/\t/g, "⇥").replace(/^ +| +$/g, (spaces) => "␣".repeat(spaces.length));
  return { text: visible.replace(/(?! )[\p{Cc}\p{Cf}\p{Co}\p{Z}]/gu, codePoint), isNamed: false };
}

function codePoint(character) {
  return `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** A character or word in a sentence: in quotation marks, or by its name where it cannot be seen. */
export function quoted(text) {
  const shown = shownToken(text);
  return shown.isNamed || /^U\+\w+$/.test(shown.text) ? shown.text : `“${shown.text}”`;
}

/** A note on a character of a prompt that a model reads as another. */
export function readAs(character, form) {
  return `${quoted(character)} is read as ${quoted(form)}`;
}

/** The text that a field means, in which \n is a line end, \t a tab and \\ a backslash. */
export function unescaped(typed) {
  return typed.replace(/\\([nt\\])/g, (_, letter) => ({ n: "\n", t: "\t", "\\": "\\" })[letter]);
}

/** Characters as a reader counts them: code points. */
export function characters(text) {
  return [...text].length;
}

/** What an error says, ending with a full stop. */
export function sentence(error) {
  const text = String(error?.message ?? error).trim() || "Something went wrong";
  return text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}
