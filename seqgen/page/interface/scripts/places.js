// Places in a shown text: the character under the pointer, and the token that is marked.

const MARK = "chosen";

/** Where in the text of an element the character under the pointer is, in UTF-16 units; -1 if there is none. */
export function offsetUnder(element, { clientX, clientY }) {
  const caret = document.caretPositionFromPoint?.(clientX, clientY);
  const range = caret ? null : document.caretRangeFromPoint?.(clientX, clientY);
  const [node, offset] = caret ? [caret.offsetNode, caret.offset] : [range?.startContainer, range?.startOffset];
  if (!node || !element.contains(node) || node.nodeType !== Node.TEXT_NODE) return -1;
  const before = document.createRange();
  before.setStart(element, 0);
  before.setEnd(node, offset);
  const isBehind = offset > 0 && clientX < rightOf(node, offset - 1); // the caret stands at the nearer side
  return before.toString().length - (isBehind ? 1 : 0);
}

function rightOf(node, offset) {
  const character = document.createRange();
  character.setStart(node, offset);
  character.setEnd(node, offset + 1);
  return character.getBoundingClientRect().right;
}

/** Mark a part of an element's text, and nothing else of it. Browsers without highlights mark nothing. */
export function markPlace(element, { start, end }) {
  unmarkPlace(element);
  const range = document.createRange();
  range.setStart(...boundary(element, start));
  range.setEnd(...boundary(element, end));
  const isShown = globalThis.CSS?.highlights && globalThis.Highlight;
  if (isShown) CSS.highlights.set(MARK, new Highlight(...marksOf(), range));
}

/** Take the mark off an element. */
export function unmarkPlace(element) {
  for (const range of marksOf()) if (element.contains(range.startContainer)) CSS.highlights.get(MARK).delete(range);
}

function marksOf() {
  return [...(globalThis.CSS?.highlights?.get(MARK) ?? [])];
}

/** The node at an offset of an element's text, and the offset in it. */
function boundary(element, offset) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let left = offset;
  let node = walker.nextNode();
  while (left > node.length) {
    left -= node.length;
    node = walker.nextNode();
  }
  return [node, left];
}
