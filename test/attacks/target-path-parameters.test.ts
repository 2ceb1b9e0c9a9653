// Attack: a path parameter that one reader cuts off before it compares and another takes for part of the name.
// Rule: a raw `;` in the path is ambiguous.
import { describe, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

describe('a semicolon in the path is refused', () => {
  it.each(['/api/v4;/x', '/api/v4;a=b', '/api/v4/brokers;x', '/api/v4/;/reload', '/api;x/v4/brokers'])(
    '%s',
    async (target) => {
      const pair = await startPair();
      await expectRefusal(pair, await pair.ask('GET', target), 'target_ambiguous');
    },
  );
});
