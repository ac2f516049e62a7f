// Text that grows by pieces, each in the shade of its surprise. Nothing but textContent is ever set.

const UPPER_BITS = [1, 2, 4, 8];
const LEAST_PAUSE_MS = 16;
const PAUSES_PER_LAYOUT = 4; // a long text takes a while to lay out: writing it keeps most of the time

/** The shade of a piece, from 0 to 4: which of the steps 1, 2, 4 and 8 bits its surprise reaches. */
export function shadeOf(nats) {
  return UPPER_BITS.filter((bits) => nats / Math.LN2 >= bits).length;
}

/** The written part of a text. `add` collects; what was collected is shown a few times a second or more. */
export class ShadedText {
  constructor(element) {
    this.element = element;
    this.clear();
  }

  clear() {
    this.element.replaceChildren();
    this.pieces = []; // [{text, nats, odds, start, end}]
    this.text = "";
    this.nats = 0;
    this._waiting = [];
    this._unshownNats = 0;
    this._pauseMs = LEAST_PAUSE_MS;
    clearTimeout(this._timer);
    this._timer = null;
  }

  /** A piece of the text. The surprise of an empty one goes to the next that is seen. */
  add({ text, nats, odds }) {
    this.nats += nats;
    this._unshownNats += nats;
    if (!text) return;
    const piece = { text, nats: this._unshownNats, odds, start: this.text.length, end: this.text.length + text.length };
    this._unshownNats = 0;
    this.text += text;
    this.pieces.push(piece);
    this._waiting.push(piece);
    this._planShow();
  }

  /** Show what waits. */
  show() {
    clearTimeout(this._timer);
    this._timer = null;
    const begin = performance.now();
    for (const piece of this._waiting) this._append(piece);
    this._waiting = [];
    this.element.getBoundingClientRect(); // lays the text out, to see how long that takes
    this._pauseMs = Math.max(LEAST_PAUSE_MS, PAUSES_PER_LAYOUT * (performance.now() - begin));
  }

  /** A run of pieces of one shade is one element. */
  _append({ text, nats }) {
    const shade = `s${shadeOf(nats)}`;
    const last = this.element.lastElementChild;
    if (last?.className === shade) {
      last.firstChild.appendData(text);
      return;
    }
    const span = document.createElement("span");
    span.className = shade;
    span.textContent = text;
    this.element.append(span);
  }

  /** Which piece holds a place of the text, counted in UTF-16 units; -1 if none does. */
  indexAt(offset) {
    return this.pieces.findIndex(({ start, end }) => start <= offset && offset < end);
  }

  _planShow() {
    this._timer ??= setTimeout(() => this.show(), this._pauseMs);
  }
}
