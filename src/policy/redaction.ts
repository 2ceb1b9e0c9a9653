// An answer without its secrets: what stands in secret members is replaced in the text itself, so that every other byte
// stays as the broker has written it, numbers of any length included. Knows no HTTP.
import { readStrictJson } from '../json/strict.ts';
import { type JsonVisitor, MARK } from '../json/walk.ts';
import type { SecretMembers } from './secret-members.ts';

/** In the place of whatever stood there: brokers that hide passwords themselves do it so. */
export const REPLACEMENT = '"******"';

/** @returns the answer, or what keeps it from being read in one way alone: it finishes the sentence "It ..." */
export function redact(answer: Buffer, secrets: SecretMembers): Buffer | { readonly flaw: string } {
  let redactor: Redactor | undefined;
  const read = readStrictJson(answer, (text) => {
    redactor = new Redactor(text, secrets);
    return redactor;
  });
  if ('flaw' in read || redactor === undefined) return read as { readonly flaw: string };
  return redactor.edited() ?? answer;
}

class Redactor implements JsonVisitor {
  private readonly text: string;
  private readonly secrets: SecretMembers;
  /** The names around the place that is read, by the depth of brackets; empty for a list. */
  private readonly names: string[] = [];
  private readonly pieces: string[] = [];
  /** How far the text is taken over. */
  private taken = 0;
  /** The depth of the secret member that is being passed over; 0 outside. */
  private hiddenAt = 0;

  constructor(text: string, secrets: SecretMembers) {
    this.text = text;
    this.secrets = secrets;
  }

  onName(name: string, depth: number): string {
    if (this.hiddenAt > 0) return name;
    this.names.length = depth - 1;
    if (this.secrets.has(name, this.names)) this.hiddenAt = depth;
    this.names.push(name);
    return name;
  }

  onScalar(): void {}

  onMark(code: number, at: number, depth: number): void {
    if (this.hiddenAt === 0) {
      if (code === MARK.openArray || code === MARK.openObject) this.names[depth - 1] = '';
      return;
    }
    if (depth !== this.hiddenAt) return;
    if (code === MARK.colon) {
      this.pieces.push(this.text.slice(this.taken, at + 1), REPLACEMENT);
    } else if (code === MARK.comma || code === MARK.closeObject) {
      this.taken = at;
      this.hiddenAt = 0;
    }
  }

  /** Undefined where nothing was secret. */
  edited(): Buffer | undefined {
    if (this.pieces.length === 0) return undefined;
    return Buffer.from(this.pieces.join('') + this.text.slice(this.taken));
  }
}
