// What may stand in a line that people read on a terminal and programs read line by line: names of files, claims and
// targets are other people's words. Knows none of them.

/** Controls, line ends that JSON leaves as they are, and what turns the direction of a line (UAX #9); not the line end. */
const UNPRINTABLE = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const EACH = new RegExp(UNPRINTABLE, 'g');

/** The text with `\u` escapes in their place. JSON stays the same JSON: there they stand in strings alone. */
export const toPrintable = (text: string): string =>
  // Asked first, since nearly every line is as it should be.
  UNPRINTABLE.test(text) ? text.replace(EACH, escapeCharacter) : text;

const escapeCharacter = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
