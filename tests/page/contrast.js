// How far texts stand out from what is behind them (WCAG 2.2, contrast ratio).

const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
const isClear = (colour) => numbers(colour)[3] === 0;

function luminance(colour) {
  const [red, green, blue] = numbers(colour).map(linear);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function behind(element) {
  const colour = getComputedStyle(element).backgroundColor;
  return isClear(colour) ? behind(element.parentElement) : colour;
}

function contrast(element) {
  const [one, other] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

/** The shown texts whose contrast is below 4.5, those of disabled buttons left out. */
globalThis.faintTexts = () =>
  [...document.querySelectorAll("body *")]
    .filter((e) => e.checkVisibility() && !e.disabled)
    .filter((e) => [...e.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
    .filter((e) => contrast(e) < 4.5)
    .map((e) => `${e.tagName} ${e.className}: ${e.textContent.slice(0, 20)}: ${contrast(e)}`);
