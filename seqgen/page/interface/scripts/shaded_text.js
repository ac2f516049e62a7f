// Text that grows by pieces, each in the shade of its surprise. Nothing but textContent is ever set.

const UPPER_BITS = [1, 2, 4, 8];
const SHOW_EVERY_MS = 100;

/** The shade of a piece, from 0 to 4: which of the steps 1, 2, 4 and 8 bits its surprise reaches. */
export function shadeOf(nats) {
  return UPPER_BITS.filter((bits) => nats / Math.LN2 >= bits).length;
}

/** The written part of a text. `add` collects; the page shows what was collected once a frame. */
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
    this._isPlanned = false;
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

  /** Show what waits. A run of pieces of one shade is one element. */
  show() {
    this._isPlanned = false;
    for (const { text, nats } of this._waiting) {
      const shade = `s${shadeOf(nats)}`;
      const last = this.element.lastElementChild;
      if (last?.className === shade) last.firstChild.appendData(text);
      else {
        const span = document.createElement("span");
        span.className = shade;
        span.textContent = text;
        this.element.append(span);
      }
    }
    this._waiting = [];
  }

  /** Which piece holds a place of the text, counted in UTF-16 units; -1 if none does. */
  indexAt(offset) {
    return this.pieces.findIndex(({ start, end }) => start <= offset && offset < end);
  }

  _planShow() {
    if (this._isPlanned) return;
    this._isPlanned = true;
    const show = () => this._isPlanned && this.show();
    requestAnimationFrame(show);
    setTimeout(show, SHOW_EVERY_MS); // a page in the background has no frames
  }
}
