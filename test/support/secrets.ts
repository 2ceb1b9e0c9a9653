// No token, key or password in what the guard prints: everything that tests start hands its output in here, and after each
// test it is looked through (after-each.ts).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

interface Watched {
  readonly what: string;
  /** Reads what has been printed so far. */
  readonly printed: () => string;
  /** Whether nothing more will be. */
  readonly isOver: () => boolean;
  /** What must not be in it. */
  readonly passwords: readonly string[];
}

const watched: Watched[] = [];

/** @param directory where its settings are: the passwords in them are looked for as well */
export function watchOutput(output: Omit<Watched, 'passwords'>, directory: string): void {
  watched.push({ ...output, passwords: listPasswords(directory) });
}

const PATTERNS = [
  // A header, a payload and a signature (RFC 7515 §7.1), cut off or not.
  /eyJ[\w-]{8,}\.[\w-]{8,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/]/,
  /\bBasic (?=[a-z]*[A-Z0-9+/])[A-Za-z0-9+/]{8,}/,
];
/** A shorter one may be a part of a word. */
const PASSWORD = /\bpassword\s*=\s*"?([^"\s}]{8,})/g;

/** The part of a text that nobody may read, or undefined. */
export function findSecret(text: string, passwords: readonly string[] = []): string | undefined {
  const pattern = PATTERNS.find((one) => one.test(text));
  if (pattern !== undefined) return String(pattern);
  return passwords.some((password) => text.includes(password)) ? 'a password of the settings' : undefined;
}

function listPasswords(directory: string): string[] {
  const files = readdirSync(directory).filter((name) => name.endsWith('.conf'));
  return files.flatMap((name) =>
    [...readFileSync(join(directory, name), 'utf8').matchAll(PASSWORD)].map(
      ([, password]) => password as string,
    ),
  );
}

/** To be called after each test. */
export function refuseSecrets(): void {
  for (const { what, printed, passwords, isOver } of watched.splice(0)) {
    expect(findSecret(printed(), passwords), `secrets in the output of ${what}`).toBeUndefined();
    if (!isOver()) watched.push({ what, printed, passwords, isOver });
  }
}
