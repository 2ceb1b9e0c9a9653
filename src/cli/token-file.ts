// A token as the command line is given one: the name of a file that holds it, or standard input.
import { Failure } from '../failure.ts';
import { readWhole } from '../files/read.ts';
import { redact } from './redact.ts';
import type { Terminal } from './terminal.ts';

/** @param file `-` for standard input */
export async function readToken(terminal: Terminal, file: string): Promise<string> {
  const text = file === '-' ? await terminal.readInput() : readTokenFile(file);
  return text.trim().replace(/^(?:authorization: *)?bearer +/i, '');
}

function readTokenFile(file: string): string {
  try {
    return readWhole(file, { mayWait: true }).toString();
  } catch (error) {
    throw new Failure(
      'settings_unreadable',
      `${redact(file)} cannot be read as a file (${(error as Error).message}); a token itself goes to standard input, not into an argument`,
    );
  }
}
