// A JSON body written anew: the same value without blanks, each text escaped in one way. What readers differ in is found on
// the way: texts that end early for some, and numbers that are cut.
import { type JsonVisitor, QUOTE, readString } from '../json/walk.ts';

export class RewrittenJson implements JsonVisitor {
  text = '';
  /** Finishes the sentence "It ...". */
  flaw: string | undefined;
  /** Names have another case now: it is the same value but for them. */
  isRenamed = false;
  private readonly source: string;
  private readonly foldAt: number;

  /** @param foldAt the depth of the objects whose names the broker reads without regard to case; 0 for none */
  constructor(source: string, foldAt: number) {
    this.source = source;
    this.foldAt = foldAt;
  }

  onName(name: string, depth: number): string {
    this.check(name);
    const counted = depth === this.foldAt ? foldCase(name) : name;
    if (counted !== name) this.isRenamed = true;
    this.text += JSON.stringify(counted);
    return counted;
  }

  onMark(code: number): void {
    this.text += String.fromCharCode(code);
  }

  onScalar(start: number, end: number): void {
    const token = this.source.slice(start, end);
    const isText = token.charCodeAt(0) === QUOTE;
    if (!isText && token.length > MAX_NUMBER_LENGTH) this.flaw ??= 'holds a number of too many digits';
    if (isText && hasOtherForm(token)) {
      const text = readString(token);
      this.check(text);
      this.text += JSON.stringify(text);
    } else this.text += token;
  }

  /** C's strings end at NUL, and a lone surrogate is no character. */
  private check(text: string): void {
    if (text.includes('\0')) this.flaw ??= 'holds the character NUL: send such a payload in base64';
    else if (!text.isWellFormed()) this.flaw ??= 'holds half a character';
  }
}

/** The other escapes are the only way to write what they stand for. */
const hasOtherForm = (token: string): boolean => token.includes('\\u') || token.includes('\\/');

/** Readers in C take 63 characters of a number. */
const MAX_NUMBER_LENGTH = 60;

/** As C's `tolower` does it: A to Z alone. */
const foldCase = (name: string): string => name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
