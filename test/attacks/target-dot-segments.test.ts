// Attack: climb out of the base path, or to a route that was not judged, with dot segments.
// Rule: a dot segment, raw or escaped in any way, is ambiguous and never forwarded.
import { describe, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

describe('a dot segment is refused as ambiguous', () => {
  it.each([
    '/api/v4/../x',
    '/api/v4/clients/../reload',
    '/api/v4/./reload',
    '/api/v4/..',
    '/api/v4/.',
    '/../api/v4/brokers',
    '/./api/v4/brokers',
    '/api/v4/x/../..',
    '/api/v4/%2e%2e/x',
    '/api/v4/%2E%2E/x',
    '/api/v4/.%2e/x',
    '/api/v4/%2e/x',
    '/api/v4/a%2eb',
    '/api/v4/%252e%252e/x',
    '/api/v4/%%32%65/x',
    '/api/v4/..%2fx',
    '/api/v4/..%5cx',
    '/api/v4/..\\x',
    '/api/v4/..;/x',
    '/api/v4/..?/x',
  ])('%s', async (target) => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.ask('GET', target), 'target_ambiguous');
  });
});
