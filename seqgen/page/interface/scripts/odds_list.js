// The likeliest next tokens as a list of bars. Pressing one adds it to the prompt.

import { percent, shownToken } from "./wording.js";

/** Show odds in a list: [{text, probability}], likeliest first. `choose` gets the text of the one that is pressed. */
export function showOdds(list, odds, choose) {
  list.replaceChildren(...odds.map((odd) => row(odd, choose)));
}

function row({ text, probability }, choose) {
  const shown = shownToken(text);
  const token = element("span", shown.isNamed ? "token named" : "token", shown.text);
  const bar = element("span", "bar");
  bar.style.setProperty("--share", `${(100 * probability).toFixed(2)}%`);
  const button = element("button", "", "");
  button.type = "button";
  button.disabled = text === "" || !choose;
  button.title = button.disabled ? "" : "Add it to the prompt";
  button.append(token, bar, element("span", "percent", percent(probability)));
  if (!button.disabled) button.addEventListener("click", () => choose(text));
  const item = document.createElement("li");
  item.append(button);
  return item;
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
