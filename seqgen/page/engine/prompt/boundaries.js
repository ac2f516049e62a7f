// A prompt cut into documents where the training text was cut: at line ends, blank lines, or lines of a certain text.

const BLANKS = "\\t\\x0b\\x0c\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200b\\u202f\\u205f\\u3000\\ufeff";
const LINE_SEPARATORS = "\\n\\r\\u2028\\u2029";
const LINE_END = "(?:\\r\\n|\\r(?!\\n)|[\\n\\u2028\\u2029])";
const EMPTY_LINES = `(?:[${BLANKS}]*${LINE_END})`;
const LEADING_BLANK_LINES = new RegExp(`^${EMPTY_LINES}*`);
const PATTERNS = {
  line: new RegExp(`${LINE_END}${EMPTY_LINES}*`, "g"),
  "blank-line": new RegExp(`${LINE_END}${EMPTY_LINES}+`, "g"),
};

/** The documents of a text. Blank lines before the first belong to none. `ending` is what ends a document. */
export function splitDocuments(text, ending) {
  const begun = text.replace(LEADING_BLANK_LINES, "");
  const spans = PATTERNS[ending] ? matchedSpans(begun, PATTERNS[ending]) : lineSpans(begun, ending);
  const documents = [];
  let start = 0;
  for (const [from, to] of spans) {
    if (from > start) documents.push(begun.slice(start, from));
    start = to;
  }
  return [...documents, begun.slice(start)];
}

function matchedSpans(text, pattern) {
  return Array.from(text.matchAll(pattern), ({ 0: found, index }) => [index, index + found.length]);
}

/** Start and end of what separates documents: a line that is a text but for blanks, with blank lines around it. */
function lineSpans(text, ending) {
  const wanted = escapeExpression(ending.trim());
  const line = new RegExp(
    `(?<=^|[${LINE_SEPARATORS}])[${BLANKS}]*${wanted}[${BLANKS}]*(?:${LINE_END}|$)${EMPTY_LINES}*`,
    "g",
  );
  const before = new RegExp(`${LINE_END}[${BLANKS}${LINE_SEPARATORS}]*$`);
  const spans = [];
  for (const [from, to] of matchedSpans(text, line)) {
    const start = spans.at(-1)?.[1] ?? 0;
    const ended = text.slice(start, from).replace(before, "").length + start;
    if (spans.length && ended <= start) spans.at(-1)[1] = to;
    else spans.push([ended, to]);
  }
  return spans;
}

function escapeExpression(text) {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
