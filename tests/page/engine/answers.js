// Answers of the engine to the questions of the tests: logits, ids, texts. Python compares them with seqgen's own.
import { cosineAndSine, exp, ln } from "../../../seqgen/page/engine/arithmetic.js";
import { openStepper } from "../../../seqgen/page/engine/cells/registry.js";
import { NgramExpert } from "../../../seqgen/page/engine/expert.js";
import { openLocalModel } from "../../../seqgen/page/engine/local_model.js";
import { decompress } from "../../../seqgen/page/engine/packing.js";
import { fitPrompt } from "../../../seqgen/page/engine/prompt/fitting.js";
import { SharedModel } from "../../../seqgen/page/engine/reading_stream.js";
import { Chance } from "../../../seqgen/page/engine/sampling/chance.js";
import { chooseToken, keepTopK, keepTopP } from "../../../seqgen/page/engine/sampling/choosing.js";
import { Vocabulary } from "../../../seqgen/page/engine/tokenizers/registry.js";
import { readWeights } from "../../../seqgen/page/engine/weights.js";

const ANSWERS = { logits, ids, text, fit, write, together, odds, kept, draws, bits, functions };

/** The answer to each question; bytesOf gives the bytes of a name. */
export async function answerAll(questions, bytesOf) {
  const answers = [];
  for (const question of questions) answers.push(await ANSWERS[question.ask](question, bytesOf));
  return answers;
}

/** The logits after each id of two streams that read by turns. */
async function logits({ cell, config, tensors, weights, expert, tables, streams, plain }, bytesOf) {
  const read = readWeights(tensors, await decompress(bytesOf(weights)));
  const stepper = await openStepper(cell, config, read, { plain });
  const mixedWith = expert ? new NgramExpert(expert, await decompress(bytesOf(tables)), config.vocab_size) : null;
  const shared = new SharedModel(stepper, mixedWith);
  const opened = streams.map(() => shared.open());
  const after = streams.map(() => []);
  for (let time = 0; time < streams[0].length; time++) {
    opened.forEach((stream, number) => after[number].push(Array.from(stream.step(streams[number][time]))));
  }
  return after;
}

async function ids({ tokenizer, documents }) {
  return new Vocabulary(tokenizer).encode(documents);
}

/** What each id adds to the text, and at last what still waited. */
async function text({ tokenizer, ids: tokens }) {
  const detokenizer = new Vocabulary(tokenizer).detokenizer();
  return [...tokens.map((id) => detokenizer.write(id)), detokenizer.finish()];
}

async function fit({ tokenizer, reading, prompt }) {
  return fitPrompt(prompt, new Vocabulary(tokenizer), reading);
}

/** The pieces of a text. After `stopAfter` of them the reader gives up. */
async function write({ model, blobs, request, stopAfter }, bytesOf) {
  return piecesOf(await openLocalModel(model, (name) => bytesOf(blobs[name])), request, stopAfter);
}

/** The pieces of several texts that one model writes at the same time. */
async function together({ model, blobs, requests }, bytesOf) {
  const opened = await openLocalModel(model, (name) => bytesOf(blobs[name]));
  return Promise.all(requests.map((request) => piecesOf(opened, request)));
}

async function piecesOf(opened, request, stopAfter = Infinity) {
  const stopping = new AbortController();
  const pieces = [];
  for await (const piece of opened.write({ ...request, signal: stopping.signal })) {
    pieces.push(piece);
    if (pieces.length === stopAfter) stopping.abort();
  }
  return pieces;
}

async function odds({ model, blobs, request }, bytesOf) {
  const opened = await openLocalModel(model, (name) => bytesOf(blobs[name]));
  return opened.odds(request);
}

/** The ids that the filters leave. */
async function kept({ logits: given, topK, topP }) {
  const scores = Float64Array.from(given);
  if (topK) keepTopK(scores, topK);
  if (topP) keepTopP(scores, topP);
  return Array.from(scores.keys()).filter((id) => scores[id] > -Infinity);
}

/** How often each token is chosen. */
async function draws({ logits: given, seed, n, settings }) {
  const chance = new Chance(seed);
  const counts = given.map(() => 0);
  for (let number = 0; number < n; number++) counts[chooseToken(given, settings, chance)] += 1;
  return counts;
}

async function bits({ seed, n }) {
  const chance = new Chance(seed);
  return Array.from({ length: n }, () => chance.bits());
}

async function functions({ numbers }) {
  return numbers.map((x) => [exp(x), ln(Math.abs(x)), ...cosineAndSine(x)]);
}
