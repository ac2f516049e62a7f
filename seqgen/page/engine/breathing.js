// Pauses in long work, so that the browser can draw and hear its user.

const MOST_WORK_MS = 20;

export class Breathing {
  constructor() {
    this.since = performance.now();
  }

  /** Wait for the browser if the work since the last pause was long. */
  async pauseIfLong() {
    if (performance.now() - this.since < MOST_WORK_MS) return;
    await nextTask();
    this.since = performance.now();
  }
}

/** A task of its own. A message comes at once, where a timer would wait for four milliseconds. */
function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
