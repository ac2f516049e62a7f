// The questions of the tests in node: {questions, blobs} come on standard input, the answers go to standard output.
import { readFileSync } from "node:fs";
import { answerAll } from "./answers.js";

const { questions, blobs } = JSON.parse(readFileSync(0, "utf8"));
const answers = await answerAll(questions, (name) => Uint8Array.from(Buffer.from(blobs[name], "base64")));
console.log(JSON.stringify(answers));
