// Line ends: a model may have learned others than the newlines that its user writes and reads.

const ANY_LINE_END = /\r\n|[\r\u2028\u2029]/g;

/** A text of the user with the line ends that the training text was read with. */
export function readLineEnds(text, reading) {
  if (reading.lineEnds === "newline") return text.replace(ANY_LINE_END, "\n");
  return reading.learned === "\n" ? text : text.replace(ANY_LINE_END, "\n").replaceAll("\n", reading.learned);
}

/** A piece of the model's text as the user reads it. The two halves of a line end may come in two pieces. */
export function showLineEnds(text, { learned }) {
  return learned === "\r\n" ? text.replaceAll("\r", "") : text.replaceAll(learned, "\n");
}

/** A detokenizer that writes newlines where another one writes the line ends that a model learned. */
export class NewlineWriter {
  constructor(detokenizer, reading) {
    this.detokenizer = detokenizer;
    this.reading = reading;
  }

  write(id) {
    return showLineEnds(this.detokenizer.write(id), this.reading);
  }

  finish() {
    return showLineEnds(this.detokenizer.finish(), this.reading);
  }
}
