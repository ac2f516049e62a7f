// The questions of the tests in a page: it shows the answers as JSON.
import { carriedBytes, carriedJson } from "../../../seqgen/page/interface/scripts/carried.js";
import { answerAll } from "./answers.js";

answerAll(carriedJson("questions"), carriedBytes)
  .catch((error) => String(error.stack))
  .then((answers) => {
    const shown = document.createElement("pre");
    shown.id = "answers";
    shown.textContent = JSON.stringify(answers);
    document.body.append(shown);
  });
