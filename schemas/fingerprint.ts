/**
 * An error's message without what differs from one occurrence to the next. Two messages that differ in numbers, ids, paths, addresses or
 * quoted values only become the same text: the processor hashes it into the fingerprint, the analyzer shows it to people.
 */

/** Only the beginning of a message is looked at: bounds the cost of a message that carries a stack trace or a whole response. Ours. */
const LOOKED_AT_CHARS = 8_192;
/** Where a normalised message ends. Well below what is looked at, so that what is cut off above rarely decides. Ours. */
const KEPT_CHARS = 1_024;

const DIGITS = '0123456789'.split('');

/**
 * In this order: what may contain the others comes first. Bounded repetitions and look-behinds keep each pattern's work linear in the message's
 * length: messages come from anybody. `needs`: a pattern matches nothing where none of these is in the text, which is quicker to see.
 */
const TAKEN_OUT: readonly (readonly [pattern: RegExp, placeholder: string, needs: readonly string[]])[] = [
  [/(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'`<>()[\]{}]{0,2000}[^\s"'`<>()[\]{}.,;:!?]/gi, '<url>', ['://']],
  [/"(?:[^"\\\n]|\\.){0,500}"|`[^`\n]{0,500}`|“[^”\n]{0,500}”|«[^»\n]{0,500}»/g, '<value>', ['"', '`', '“', '«']],
  // An apostrophe within a word (can't, user's) quotes nothing.
  [/(?<![\w'])'[^'\n]{0,500}'(?!\w)/g, '<value>', ["'"]],
  [/(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g, '<email>', ['@']],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>', ['-']],
  [/\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?/g, '<time>', ['-']],
  [/\b[A-Za-z]:\\[^\s"'<>|]{0,1000}[^\s"'<>|.,;:]/g, '<path>', [':\\']],
  // Absolute, ~/, ./ and ../ paths; a/b within a sentence (and/or) is not one.
  [/(?<![\w<>.~/])(?:~|\.{1,2})?\/[\w@%+=~.-][^\s"'`<>()[\]{},;]{0,1000}(?<![.:!?])/g, '<path>', ['/']],
  // Relative ones, where a file ending or a second slash says that they are.
  [/(?<![\w<>.-])[\w.-]{1,255}\/(?:[\w.-]{1,255}\/[\w./-]{0,1000}|[\w-]{1,255}\.[\w./-]{0,1000})(?<!\.)/g, '<path>', ['/']],
  [/\b0x[0-9a-f]+\b/gi, '<id>', ['x', 'X']],
  [/\b\d+(?:[x×]\d+)+\b/g, '<n>', ['x', '×']],
  [/(?<![A-Za-z0-9])[A-Za-z]*\d[A-Za-z0-9]*/g, '<digits>', DIGITS],
];

/** Ids rather than a word with a number in it (int32, utf8, 512MB): letters and digits change places often, or it is long. Ours. */
const ID_CHANGES = 3;
const ID_CHARS = 16;
const HEX_ID = /^(?=.*[a-f])[0-9a-f]{7,}$/i;

/** Numbers by themselves, with sign, fraction, thousands and exponent. */
const NUMBER = /(?<![\w.])[-+]?<n>(?:[.,:_]<n>)*(?:e[-+]?<n>)?/gi;
/** However many there are: shapes, lists of indexes. */
const NUMBERS = /<n>(?:\s?[,x×]\s?<n>)+,?/g;
const SPACE = /\s+/g;

function withoutDigits(word: string): string {
  if (isId(word)) return '<id>';
  return word.replace(/\d+/g, '<n>');
}

function isId(word: string): boolean {
  if (/^\d+$/.test(word)) return false;
  if (word.length >= ID_CHARS || HEX_ID.test(word)) return true;
  let changes = 0;
  let digit = isDigit(word.charCodeAt(0));
  for (let i = 1; i < word.length; i++) {
    const next = isDigit(word.charCodeAt(i));
    if (next !== digit) changes += 1;
    digit = next;
  }
  return changes >= ID_CHANGES;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** The message in words that every occurrence shares, at most 1,024 characters. */
export function normaliseMessage(message: string): string {
  let text = message.length > LOOKED_AT_CHARS ? message.slice(0, LOOKED_AT_CHARS) : message;
  for (const [pattern, placeholder, needs] of TAKEN_OUT) {
    if (!hasOneOf(text, needs)) continue;
    text = placeholder === '<digits>' ? text.replace(pattern, withoutDigits) : text.replace(pattern, placeholder);
  }
  if (text.includes('<n>')) text = text.replace(NUMBER, '<n>').replace(NUMBERS, '<n>');
  return text.replace(SPACE, ' ').trim().slice(0, KEPT_CHARS);
}

function hasOneOf(text: string, needs: readonly string[]): boolean {
  for (const one of needs) if (text.includes(one)) return true;
  return false;
}
