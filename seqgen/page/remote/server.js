// Requests to the server that the page came from, with the key that it may want.

const SILENCE_MS = 8000;
const PATIENCE_MS = 5000;
const GONE = "the server is gone or does not answer: is it still running?";

/** The server wants a key, or another one. */
export class KeyError extends Error {}

/** Asks the server. Answers that are errors are thrown, in the server's words. */
export class Server {
  constructor() {
    this.key = "";
  }

  async get(path) {
    return (await this._ask(path, {})).json();
  }

  /** The answer to a JSON object; its body may be a stream. */
  async post(path, object, signal) {
    const headers = { "Content-Type": "application/json" };
    return this._ask(path, { method: "POST", headers, body: JSON.stringify(object), signal });
  }

  async _ask(path, options) {
    const headers = { ...options.headers, ...(this.key && { Authorization: `Bearer ${this.key}` }) };
    const answer = await this._fetch(path, { ...options, headers });
    if (answer.ok) return answer;
    const { error } = await answer.json().catch(() => ({}));
    const message = error?.message ?? `the server answers ${answer.status} ${answer.statusText}`;
    throw answer.status === 401 ? new KeyError(message) : new Error(message);
  }

  async _fetch(path, options) {
    return this.whileAlive(fetch(path, options));
  }

  /** What a promise of the server gives. Where nothing comes for a while, the server is asked whether it still runs. */
  async whileAlive(promise) {
    try {
      while (!(await isSettledWithin(promise, SILENCE_MS))) await Promise.race([promise, requireAlive()]);
      return await promise;
    } catch (error) {
      throw error instanceof TypeError ? new Error(GONE) : error; // fetch throws it when a connection fails
    }
  }
}

/** Throw unless the server answers at all. */
async function requireAlive() {
  if (!(await isSettledWithin(fetch("health"), PATIENCE_MS))) throw new Error(GONE);
}

/** Whether a promise is kept within a time. Where it is broken, its error is thrown. */
async function isSettledWithin(promise, ms) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, ms, false)));
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
