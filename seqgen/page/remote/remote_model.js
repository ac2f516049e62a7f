// A model of a server, with the same methods as one that runs in the page.

import { eventsOf } from "./event_stream.js";
import { readWarnings } from "./prompt_warnings.js";
import { oddsOf, TokenTexts } from "./token_texts.js";

const N_ODDS = 8;
const DONE = "[DONE]";

/** A model by what /v1/models says of it. */
export class RemoteModel {
  constructor(description, server) {
    this.name = description.id;
    this.facts = factsOf(description);
    this.notes = [];
    this.temperature = description.temperature ?? 0.8;
    this.hasDocuments = description.has_documents ?? false;
    this._server = server;
    this._asked = { key: null, answer: null };
  }

  async *write({ prompt, temperature, topP, topK, length, seed, stop, signal }) {
    const chosen = { temperature, top_p: topP, top_k: topK, max_characters: length, seed, stop: stop || null };
    const request = { model: this.name, prompt, ...chosen, stream: true, logprobs: N_ODDS };
    const answer = await this._server.post("v1/completions", request, signal);
    const texts = new TokenTexts();
    for await (const data of eventsOf(answer.body, (promise) => this._server.whileAlive(promise))) {
      if (data === DONE) {
        yield* texts.end();
        return;
      }
      const event = JSON.parse(data);
      if (event.error) throw new Error(event.error.message);
      for (const choice of event.choices) yield* texts.take(choice);
    }
    throw new Error("the server broke off before the text had ended");
  }

  async odds({ prompt, n }) {
    const { choices } = await this._askNext(prompt, n);
    return oddsOf(choices[0].logprobs.top_logprobs[0]).slice(0, n);
  }

  /** What the server says about the prompt; what it cannot read at all, it says when it is asked for the odds. */
  async fit(prompt) {
    try {
      const { warnings = [] } = await this._asked.answer;
      return { text: prompt, ...readWarnings(warnings) };
    } catch {
      return { text: prompt, dropped: [], notes: [] };
    }
  }

  /** One token after a prompt, with the odds. The same question is asked once. */
  _askNext(prompt, n) {
    const key = JSON.stringify([prompt, n]);
    if (this._asked.key !== key) {
      const request = { model: this.name, prompt, max_tokens: 1, logprobs: n, temperature: 0, ignore_eos: true };
      this._asked = { key, answer: this._server.post("v1/completions", request).then((answer) => answer.json()) };
    }
    return this._asked.answer;
  }
}

function factsOf({ cell, parameters, tokenizer, vocab_size: vocabulary, created, facts }) {
  if (facts) return facts;
  const count = (n) => Number(n).toLocaleString("en");
  const known = [];
  if (cell) known.push(["architecture", `${cell}, ${count(parameters)} parameters`]);
  if (tokenizer) known.push(["tokenizer", `${tokenizer}, ${count(vocabulary)} tokens`]);
  if (created) known.push(["trained", new Date(1000 * created).toLocaleDateString("en", { dateStyle: "long" })]);
  return known;
}
