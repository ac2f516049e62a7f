// Streams of ids that share one model: each goes on where it was, whichever read last.

export class SharedModel {
  /** A stepper, and the expert that its probabilities are mixed with, or null. */
  constructor(stepper, expert) {
    this.stepper = stepper;
    this.expert = expert;
    this.current = null;
  }

  /** A new stream at the beginning of a text. */
  open() {
    return new ReadingStream(this);
  }

  /** Let a stream go on: keep where the other one was, and return to where this one is. */
  switchTo(stream) {
    if (this.current === stream) return;
    if (this.current) this.current.saved = { network: this.stepper.save(), hashes: this.expert?.hashes };
    this.stepper.restore(stream.saved?.network);
    this.expert?.restore(stream.saved?.hashes);
    this.current = stream;
  }

  /** Read one id. Returns the logits of the next, or the logarithms of the mixed probabilities. */
  step(id) {
    const logits = this.stepper.step(id);
    if (!this.expert) return logits;
    this.expert.read(id);
    return this.expert.mix(logits);
  }
}

class ReadingStream {
  constructor(shared) {
    this.shared = shared;
    this.saved = null;
  }

  /** Read one id. Returns the logits of the next; a step of any stream overwrites them. */
  step(id) {
    this.shared.switchTo(this);
    return this.shared.step(id);
  }
}
