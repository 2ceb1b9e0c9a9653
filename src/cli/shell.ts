// Texts that are meant to be pasted into a shell.

/** One word as a POSIX shell takes it, whatever it holds. */
export const quoteForShell = (word: string): string =>
  /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
