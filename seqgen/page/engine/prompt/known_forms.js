// What a vocabulary lacks, in the nearest form that it covers, as seqgen reads a prompt.

const LOOK_ALIKES = [
  "\"“”„‟«»〝〞＂",
  "'‘’‚‛′`´＇",
  "-‐‑‒–—―−－",
  " \u00a0\u2002\u2003\u2009\u202f\u3000\t",
  ".…。",
];
const BASE_LETTERS = { ß: "ss", æ: "ae", Æ: "AE", œ: "oe", Œ: "OE", ø: "o", Ø: "O", ł: "l", Ł: "L" };

/** Documents with accents joined to their letters, or parted from them, if the vocabulary then covers more of them. */
export function composeForms(documents, vocabulary) {
  const forms = [documents, ...["NFC", "NFD"].map((form) => documents.map((document) => document.normalize(form)))];
  const counts = forms.map((form) => countUncovered(form, vocabulary));
  return forms[counts.indexOf(Math.min(...counts))];
}

function countUncovered(documents, vocabulary) {
  let count = 0;
  for (const document of documents) for (const character of document) count += vocabulary.covers(character) ? 0 : 1;
  return count;
}

/** The nearest form of a character that the vocabulary covers; null if there is none. */
export function nearestKnown(character, vocabulary) {
  const isCovered = (form) => form && [...form].every((part) => vocabulary.covers(part));
  return nearestForms(character).find(isCovered) ?? null;
}

/** Other ways to write a character, the nearest first: other width, look-alikes, no accents, other case. */
function nearestForms(character) {
  const alike = LOOK_ALIKES.filter((group) => group.includes(character)).flatMap((group) => [...group]);
  const bare = character.normalize("NFKD").replace(/\p{M}/gu, "");
  const forms = [character.normalize("NFKC"), ...alike, bare, BASE_LETTERS[character] ?? ""];
  return [...forms, bare.toLowerCase(), bare.toUpperCase()];
}
