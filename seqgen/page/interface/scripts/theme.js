// Light or dark colours: those of the system, unless the reader chose. The choice is kept where the browser allows it.

const KEY = "seqgen-theme";

/** Obey the switch, and begin with what was chosen before. */
export function followTheme(select) {
  select.value = storedTheme();
  const show = () => {
    if (select.value) document.documentElement.dataset.theme = select.value;
    else delete document.documentElement.dataset.theme;
  };
  select.addEventListener("change", () => {
    show();
    storeTheme(select.value);
  });
  show();
}

function storedTheme() {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : "";
  } catch {
    return ""; // a page without storage follows the system
  }
}

function storeTheme(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // the choice then lasts as long as the page
  }
}
