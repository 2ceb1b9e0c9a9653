// Operational trouble: typed, thrown, caught once. A refused request is not a failure but a Denial.

export type FailureCode =
  | 'settings_invalid'
  | 'settings_unreadable'
  | 'keys_unreadable'
  | 'key_file_invalid'
  | 'keys_unchanged'
  | 'revocations_unreadable'
  | 'revocations_unwritable'
  | 'file_exists'
  | 'listen_failed'
  | 'worker_failed'
  | 'embedded_failed';

/** Trouble whose `message` is one clear sentence for the operator; it is printed without a stack trace. */
export class Failure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Failure';
    this.code = code;
  }
}

/** One thing wrong with the settings. `line` and `column` count from 1. */
export interface Problem {
  readonly message: string;
  /** The setting it is about, dotted. */
  readonly name?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** Every problem of the settings at once. */
export class SettingsFailure extends Failure {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('settings_invalid', problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

/** `nanomq.conf:12:3: message`, with as much of the place as is known. */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  return place === '' ? problem.message : `${place}: ${problem.message}`;
}
