// What every refusal has in common, whatever its reason: the answer's form, the record, and an untouched broker.
import { expect } from 'vitest';
import { type DenyReason, REASONS } from '../../src/decision.ts';
import type { Pair } from './pair.ts';
import type { RawAnswer } from './raw.ts';

/** The only request of a pair was refused for `reason`, was recorded so, and the broker saw nothing of it. */
export async function expectRefusal(pair: Pair, answer: RawAnswer, reason: DenyReason): Promise<void> {
  const row = REASONS[reason];
  expect(answer).toMatchObject({ status: row.status, interim: [] });
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.has('www-authenticate')).toBe(row.status === 401 || row.status === 403);
  expect(answer.headers.has('allow')).toBe(row.status === 405);
  expect(answer.headers.has('retry-after')).toBe(row.status === 503);
  const body = JSON.parse(answer.body);
  expect(Object.keys(body)).toEqual(['code', 'reason', 'message', 'request_id']);
  expect(body).toMatchObject({ code: row.code, reason: row.shownAs ?? reason });
  expect(body.message).toContain(row.message);
  expect(body.request_id).toBe(answer.headers.get('x-request-id'));
  const isFailure = row.stage === 'upstream' || row.stage === 'guard';
  expect(await pair.soleRecord()).toMatchObject({
    request_id: body.request_id,
    reason,
    outcome: isFailure ? 'failed' : 'denied',
  });
  if (!isFailure) expectUntouched(pair);
}

/** Not one byte, and not one connection, went to the broker. */
export function expectUntouched({ upstream }: Pair): void {
  expect(upstream.received()).toBe('');
  expect(upstream.connections().accepted).toBe(0);
}
