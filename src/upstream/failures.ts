// Why an exchange fails, and which row of the reason table that is: by its code, never by its text.
import type { DenyReason } from '../decision.ts';

/** The connection is in a state nobody can trust any more. */
export class AnswerError extends Error {
  readonly code = 'ANSWER_INVALID';
}

/** The line was too long, or its end came too late. */
export class BusyError extends Error {
  readonly code = 'BUSY';
}

/** The broker was silent for longer than the settings allow. */
export class SilenceError extends Error {
  readonly code = 'BROKER_SILENT';

  constructor() {
    super('the broker was silent for too long');
  }
}

/** The caller took longer over the body than the settings allow. */
export class LateBodyError extends Error {
  readonly code = 'BODY_LATE';

  constructor() {
    super('the body of the request came too slowly');
  }
}

/** Why an exchange failed, as a row of the reason table. */
export type UpstreamReason = Extract<DenyReason, `upstream_${string}` | 'request_timeout'>;

const REASON_OF_CODE = new Map<string, UpstreamReason>([
  ['BUSY', 'upstream_busy'],
  ['ECONNREFUSED', 'upstream_unreachable'],
  ['EHOSTUNREACH', 'upstream_unreachable'],
  ['ENETUNREACH', 'upstream_unreachable'],
  ['ENOTFOUND', 'upstream_unreachable'],
  ['EAI_AGAIN', 'upstream_unreachable'],
  ['ENOENT', 'upstream_unreachable'],
  ['EACCES', 'upstream_unreachable'],
  ['BROKER_SILENT', 'upstream_timeout'],
  ['BODY_LATE', 'request_timeout'],
  ['ETIMEDOUT', 'upstream_timeout'],
]);

export function classifyFailure(error: Error): UpstreamReason {
  const code = 'code' in error ? String(error.code) : '';
  return REASON_OF_CODE.get(code) ?? 'upstream_broken';
}
