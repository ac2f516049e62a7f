// The page of a server. Unless it carries the models' descriptions, it asks for them, with a key where one is needed.

import { carriedJson } from "../interface/scripts/carried.js";
import { showPage } from "../interface/scripts/page.js";
import { RemoteModel } from "./remote_model.js";
import { KeyError, Server } from "./server.js";

const server = new Server();

showPage(async () => {
  const carried = carriedJson("models");
  const described = carried.length > 0 ? carried : (await askForModels()).data;
  const texts = described.filter(({ kind }) => kind !== "pairs");
  if (texts.length === 0) throw new Error("this server has only models of pairs, which /v1/predict asks");
  return texts.map((description) => new RemoteModel(description, server));
}, carriedJson("limits"));

/** What /v1/models says, asked again with each key that is typed until one is right. */
async function askForModels() {
  for (;;) {
    try {
      return await server.get("v1/models");
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      server.key = await typedKey(server.key === "" ? "" : error.message);
    }
  }
}

function typedKey(error) {
  const form = document.getElementById("key-form");
  const key = document.getElementById("key");
  const message = document.getElementById("key-error");
  document.getElementById("opening").hidden = true;
  form.hidden = false;
  message.hidden = error === "";
  message.textContent = error && "This is not the key of the server.";
  key.focus();
  return new Promise((resolve) => {
    const take = (event) => {
      event.preventDefault();
      form.hidden = true;
      resolve(key.value);
    };
    form.addEventListener("submit", take, { once: true });
  });
}
