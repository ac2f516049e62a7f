// A prompt in the line ends, documents and characters that a model knows, as `seqgen sample` reads it.
import { splitDocuments } from "./boundaries.js";
import { composeForms, nearestKnown } from "./known_forms.js";
import { readLineEnds } from "./line_ends.js";
import { readAs } from "../../interface/scripts/wording.js";

/** {ids, text, dropped, notes}: what the model reads, that as text, what was left out, and what else changed. */
export function fitPrompt(prompt, vocabulary, reading) {
  const text = readLineEnds(wellFormed(prompt), reading);
  const cut = reading.documents === null ? [text] : splitDocuments(text, reading.documents);
  const { separator } = vocabulary;
  const documents = composeForms(cut, vocabulary).flatMap((part) => (separator ? part.split(separator) : [part]));
  const forms = new Map();
  const known = documents.map((document) => inKnownForms(document, vocabulary, forms));
  const unknown = known.flatMap((document) => vocabulary.tokenizer.unknownWords?.(document) ?? []);
  const ids = vocabulary.encode(known);
  const detokenizer = vocabulary.detokenizer();
  const decoded = ids.map((id) => detokenizer.write(id)).join("") + detokenizer.finish();
  const changed = [...forms.keys()].filter((character) => forms.get(character));
  const dropped = [...forms.keys()].filter((character) => !forms.get(character));
  const notes = changed.map((character) => readAs(character, forms.get(character)));
  return { ids, text: decoded, dropped: [...dropped, ...new Set(unknown)], notes };
}

/** A document in characters that are known. `forms` gets what stands in the place of each other one, or "". */
function inKnownForms(document, vocabulary, forms) {
  const parts = Array.from(document, (character) => {
    if (vocabulary.covers(character)) return character;
    if (!forms.has(character)) forms.set(character, nearestKnown(character, vocabulary) ?? "");
    return forms.get(character);
  });
  return parts.join("");
}

/** A text without halves of characters, which no text in UTF-8 can hold. */
function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, "");
}
