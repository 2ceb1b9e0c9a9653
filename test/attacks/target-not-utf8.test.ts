// Attack: write dots and slashes in bytes that are no UTF-8 but that a lenient decoder reads as them (overlong forms), or
// escapes that are no text at all.
// Rule: the escapes of a target are UTF-8, in the path and in the query, or the target is ambiguous.
import { describe, expect, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

const ESCAPES = [
  ['an overlong dot', '%c0%ae'],
  ['an overlong slash', '%C0%AF'],
  ['an overlong dot of three bytes', '%e0%80%ae'],
  ['an overlong slash of four', '%F0%80%80%AF'],
  ['a zero byte of two', '%C0%80'],
  ['half a character', '%C3'],
  ['a continuation without its beginning', '%80'],
  ['a surrogate', '%ED%A0%80'],
  ['a code point beyond the last', '%F4%90%80%80'],
  ['latin1', 'M%FCnchen'],
  ['an escape of one digit', '%4'],
  ['an escape of no digits', '%zz'],
] as const;

describe.each([
  ['path', (escaped: string) => `/api/v4/clients/${escaped}`],
  ['query', (escaped: string) => `/api/v4/clients?username=${escaped}`],
] as const)('in the %s', (_, place) => {
  it.each(ESCAPES)('%s is refused: %s', async (_name, escaped) => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.ask('GET', place(escaped)), 'target_ambiguous');
  });

  it('letters of every script pass as they are', async () => {
    const pair = await startPair();
    const target = place('M%C3%BCnchen%E6%9D%B1%F0%9F%98%80');
    expect((await pair.ask('GET', target)).status).toBe(200);
    expect(pair.upstream.requests[0]?.requestLine).toBe(`GET ${target} HTTP/1.1`);
  });
});
