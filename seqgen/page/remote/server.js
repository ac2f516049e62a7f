// Requests to the server that the page came from, with the key that it may want.

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
    try {
      return await fetch(path, options);
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new Error("the server does not answer: is it still running?");
    }
  }
}
