// Taking a text along: to the clipboard, or as a file.

/** Copy a text. Throws where the browser refuses. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyBySelection(text); // pages without a secure address have no clipboard
  }
}

function copyBySelection(text) {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.className = "unseen";
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  focused?.focus();
  if (!isCopied) throw new Error("the browser does not let this page copy: select the text and copy it yourself");
}

/** Save a text as a file in UTF-8. */
export function saveText(text, name) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** A file name of a model and a seed that every system takes. */
export function fileName(model, seed) {
  const safe = model.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[-.]+/, "");
  return `${safe || "text"}-${seed}.txt`;
}
