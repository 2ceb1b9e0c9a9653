// Attack: put an allowed path into the query, for a rule that looks at the whole target.
// Rule: the path alone is judged; the query never makes a path known, nor an allowed one unknown.
import { describe, expect, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

describe('the query is not judged as a path', () => {
  it.each(['/x?/api/v4/brokers', '/?x=/api/v4', '/api?/v4/brokers'])('%s stays unknown', async (target) => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.ask('GET', target), 'target_unknown');
  });

  it('names the action of the path', async () => {
    const pair = await startPair();
    await pair.ask('GET', '/api/v4/configuration?/api/v4/brokers');
    expect(await pair.soleRecord()).toMatchObject({
      path: '/api/v4/configuration',
      action: 'configuration.read',
    });
  });
});
