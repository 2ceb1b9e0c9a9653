// Two kinds of files that mean as little as files can.
import { bad, incomplete } from '../../src/files/bad-file.ts';
import type { FileKind } from '../../src/files/kind.ts';

export interface Note {
  readonly text: string;
}

export const note = (text: string): string => `note: ${text}`;
export const HALF = 'no';
export const WRONG = 'a letter';

/** `NAME.note`, which holds `note: TEXT`. */
export const NOTES: FileKind<Note> = {
  noun: 'note',
  maxBytes: 1024,
  isNamed: (name) => name.endsWith('.note'),
  parse(bytes) {
    const text = bytes.toString();
    if (text.startsWith('note: ')) return { usable: true, text: text.slice('note: '.length).trim() };
    return 'note: '.startsWith(text.slice(0, HALF.length))
      ? incomplete('It is cut short.')
      : bad('It is no note.');
  },
  keep: (found, before) => (found.text === before.text ? before : found),
};

export interface Label {
  readonly colour: string;
}

/** `NAME.label`, which holds a colour. */
export const LABELS: FileKind<Label> = {
  noun: 'label',
  maxBytes: 1024,
  isNamed: (name) => name.endsWith('.label'),
  parse: (bytes) => ({ usable: true, colour: bytes.toString() }),
};
