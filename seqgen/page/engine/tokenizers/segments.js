// A text cut into short segments at fixed points, as seqgen cuts it: no token reaches across the end of one.

const MAX_SEGMENT_LENGTH = 4096; // in characters, which are code points

/** The segments of a text; joined, they are the text again. */
export function splitSegments(text) {
  return text.split(/(?<=\n)/).flatMap((line) => (line.length > MAX_SEGMENT_LENGTH ? cutLine(line) : [line]));
}

/** A long line: it is cut before the last space or tab among the first characters, or after all of them. */
function cutLine(line) {
  const characters = [...line];
  const segments = [];
  while (characters.length > MAX_SEGMENT_LENGTH) {
    const space = characters.slice(0, MAX_SEGMENT_LENGTH).findLastIndex((character) => /[ \t]/.test(character));
    segments.push(characters.splice(0, space > 0 ? space : MAX_SEGMENT_LENGTH).join(""));
  }
  return characters.length ? [...segments, characters.join("")] : segments;
}
