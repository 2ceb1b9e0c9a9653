// Answers that more than one broker understands. The status alone says no where a broker looks at nothing else.
import type { HookAnswer } from './adapter.ts';

/** For brokers that look at the status, at `ok`, or at both. */
export const OK: HookAnswer = { status: 200, body: { ok: true, error: '' } };
export const NOT_OK: HookAnswer = { status: 403, body: { ok: false, error: 'not allowed' } };

export const okWhere = (isAllowed: boolean): HookAnswer => (isAllowed ? OK : NOT_OK);
