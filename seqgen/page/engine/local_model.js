// The model that the page carries: it reads prompts, writes texts and knows the odds, all on this machine.
import { openStepper } from "./cells/registry.js";
import { Breathing } from "./breathing.js";
import { NgramExpert } from "./expert.js";
import { decompress } from "./packing.js";
import { fitPrompt } from "./prompt/fitting.js";
import { NewlineWriter, readLineEnds, showLineEnds } from "./prompt/line_ends.js";
import { SharedModel } from "./reading_stream.js";
import { Chance } from "./sampling/chance.js";
import { chooseToken } from "./sampling/choosing.js";
import { GrowingText } from "./sampling/growing_text.js";
import { likeliestIds, surprise } from "./sampling/odds.js";
import { END_OF_TEXT, Vocabulary } from "./tokenizers/registry.js";
import { readWeights } from "./weights.js";

const N_ODDS = 8;

/** The model that a page's data describe. `bytesOf` gives the compressed weights, and the tables of the expert. */
export async function openLocalModel(data, bytesOf, options) {
  const vocabulary = new Vocabulary(data.tokenizer);
  const tensors = readWeights(data.tensors, await decompress(bytesOf("weights")));
  const stepper = await openStepper(data.cell, data.config, tensors, options);
  const expert = data.expert && new NgramExpert(data.expert, await decompress(bytesOf("expert")), vocabulary.size);
  return new LocalModel(data, vocabulary, new SharedModel(stepper, expert));
}

class LocalModel {
  constructor(data, vocabulary, shared) {
    const { name, facts, notes, temperature, hasDocuments, reading } = data;
    Object.assign(this, { name, facts, notes, temperature, hasDocuments, reading, vocabulary, shared });
  }

  /** A prompt as the model reads it: {text, dropped, notes}. */
  fit(prompt) {
    const { text, dropped, notes } = fitPrompt(prompt, this.vocabulary, this.reading);
    return { text, dropped, notes };
  }

  /** Write what follows a prompt: {text, nats, odds} for every token. */
  async *write({ prompt, temperature, topP, topK, length, seed, stop, signal }) {
    const breathing = new Breathing();
    const chance = new Chance(seed);
    const { ids, stream } = this.begin(prompt);
    const detokenizer = this.vocabulary.detokenizer();
    for (const id of ids) detokenizer.write(id);
    const asShown = (each) => showLineEnds(readLineEnds(each, this.reading), this.reading);
    const stops = [stop ?? []].flat().filter(Boolean).map(asShown);
    const text = new GrowingText(new NewlineWriter(detokenizer, this.reading), { length, stops });
    let logits = await this.read(stream, ids, { breathing, signal });
    let previous = ids.at(-1) ?? END_OF_TEXT;
    while (!text.hasEnded && !signal?.aborted) {
      const id = chooseToken(logits, { temperature, topK, topP, mayEnd: this.hasDocuments }, chance);
      const nats = surprise(logits);
      const odds = this.likeliest(logits, nats, { n: N_ODDS, previous });
      yield { text: text.take(id), nats: nats(id), odds };
      await breathing.pauseIfLong();
      if (!text.hasEnded) logits = stream.step(id);
      previous = id;
    }
  }

  /** The n likeliest tokens after a prompt: [{text, probability}]. */
  async odds({ prompt, n = N_ODDS }) {
    const { ids, stream } = this.begin(prompt);
    const logits = await this.read(stream, ids, { breathing: new Breathing() });
    return this.likeliest(logits, surprise(logits), { n, previous: ids.at(-1) ?? END_OF_TEXT });
  }

  begin(prompt) {
    return { ids: fitPrompt(prompt, this.vocabulary, this.reading).ids, stream: this.shared.open() };
  }

  /** Read ids after the end-of-text token, which stands before every text. Returns the logits of the next. */
  async read(stream, ids, { breathing, signal }) {
    let logits = stream.step(END_OF_TEXT);
    for (const id of ids) {
      await breathing.pauseIfLong();
      if (signal?.aborted) break;
      logits = stream.step(id);
    }
    return logits.slice(); // while this was awaited, another stream may have read on
  }

  likeliest(logits, nats, { n, previous }) {
    return likeliestIds(logits, n).map((id) => {
      return { text: this.vocabulary.nameOf(id, previous), probability: Math.exp(-nats(id)) };
    });
  }
}
