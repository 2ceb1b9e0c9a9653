// What a command has of the world: where it writes, what it reads, what time it is. Handed in by main.ts, so
// that commands run in tests without a process.

export interface Terminal {
  /** Standard output: the result, nothing else. */
  readonly print: (text: string) => void;
  /** Standard error: one line for the person who runs the command. */
  readonly report: (line: string) => void;
  /** Whether somebody watches standard output, and standard error. */
  readonly isWatched: { readonly stdout: boolean; readonly stderr: boolean };
  /** Standard input, whole. */
  readonly readInput: () => Promise<string>;
  /** The process a signal has to go to. */
  readonly pid: number;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** How to call this program again, as a shell would take it. */
  readonly self: string;
  /** Resolves at the first SIGTERM or SIGINT, which from the first call on no longer end the process at once. */
  readonly untilStopped: () => Promise<void>;
  /** Calls back at every SIGHUP. */
  readonly onReload: (reload: () => void) => void;
  /** Calls back at every SIGUSR1. */
  readonly onReopen: (reopen: () => void) => void;
}

/** A command's result becomes the process's exit code. */
export const EXIT = { done: 0, refused: 1, misused: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
