// A prompt in the line ends, documents and characters that a model knows, as `seqgen sample` reads it.
import { splitDocuments } from "./boundaries.js";
import { composeForms, nearestKnown } from "./known_forms.js";

const ANY_LINE_END = /\r\n|[\r\u2028\u2029]/g;

/** A text with the line ends that the training text was read with. */
export function readLineEnds(text, reading) {
  if (reading.lineEnds === "newline") return text.replace(ANY_LINE_END, "\n");
  return reading.learned === "\n" ? text : text.replace(ANY_LINE_END, "\n").replaceAll("\n", reading.learned);
}

/** {ids, text, dropped}: what the model reads, that as text, and the characters and words that no vocabulary entry has. */
export function fitPrompt(prompt, vocabulary, reading) {
  const text = readLineEnds(wellFormed(prompt), reading);
  const cut = reading.documents === null ? [text] : splitDocuments(text, reading.documents);
  const { separator } = vocabulary;
  const documents = composeForms(cut, vocabulary).flatMap((part) => (separator ? part.split(separator) : [part]));
  const dropped = new Set();
  const known = documents.map((document) => knownText(document, vocabulary, dropped));
  const unknown = known.flatMap((document) => vocabulary.tokenizer.unknownWords?.(document) ?? []);
  const ids = vocabulary.encode(known);
  const detokenizer = vocabulary.detokenizer();
  const decoded = ids.map((id) => detokenizer.write(id)).join("") + detokenizer.finish();
  return { ids, text: decoded, dropped: [...dropped, ...new Set(unknown)] };
}

function knownText(document, vocabulary, dropped) {
  const parts = Array.from(document, (character) => {
    if (vocabulary.covers(character)) return character;
    const form = nearestKnown(character, vocabulary);
    if (form === null) dropped.add(character);
    return form ?? "";
  });
  return parts.join("");
}

/** A text without halves of characters, which no text in UTF-8 can hold. */
function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, "");
}
