/**
 * The texts of the elements of `{"<list>": [ … ]}` as they stand in a JSON text, which JSON.parse has accepted: so only strings, brackets and
 * commas matter. Numbers keep all their digits and keys their order, which a parsed value does not.
 */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

/** Empty where the list is not found; of a list given twice the last, as JSON.parse takes it. */
export function elementTexts(text: string, list: string): readonly string[] {
  let elements: string[] = [];
  let depth = 0;
  let inside = false;
  let start = 0;
  let name = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      const end = stringEnd(text, at);
      if (depth === 1) name = text.slice(at + 1, end);
      at = end;
    } else if (OPEN.has(char)) {
      depth++;
      if (depth === 2 && char === 0x5b && name === list) {
        inside = true;
        elements = [];
        start = at + 1;
      }
    } else if (CLOSE.has(char)) {
      if (inside && depth === 2) {
        const last = text.slice(start, at).trim();
        if (last !== '') elements.push(last);
        inside = false;
      }
      depth--;
    } else if (char === COMMA && inside && depth === 2) {
      elements.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  return elements;
}

/** The index of the quote that closes the string which opens at `from`. */
function stringEnd(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}
