// Attack: a second base path inside the target, for a broker that looks for it anywhere in the text.
// Rule: with the nanomq profile the base path stands in the path once, however it is written.
import { describe, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

describe('a second base path is refused', () => {
  it.each([
    '/api/v4/x/api/v4/reload',
    '/api/v4/api/v4',
    '/%61pi/v4/x/%61pi/v4/reload',
    '/api/v%34/x/api/v4/reload',
    '/api/v4/x/api/v%34/reload',
    '/api/v4/x/api/v4reload',
  ])('%s', async (target) => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.ask('GET', target), 'target_ambiguous');
  });
});
