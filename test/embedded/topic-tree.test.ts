import { describe, expect, it } from 'vitest';
import { connect, readData, start } from './harness.ts';

const TREE = '/api/v4/topic-tree';

describe('the topic tree of the embedded broker', () => {
  it('is a bare root when nobody subscribes', async () => {
    const broker = await start();
    expect(await readData(broker, TREE)).toEqual([[{ topic: '', cld_cnt: 0 }]]);
  });

  it('shows each level with its children counted and its subscribers named', async () => {
    const broker = await start();
    const first = await connect(broker, { clientId: 'first' });
    const second = await connect(broker, { clientId: 'second' });
    await first.subscribeAsync(['a/b', 'a/+/c']);
    await second.subscribeAsync(['a/b', '__proto__']);
    expect(await readData(broker, TREE)).toEqual([
      [{ topic: '', cld_cnt: 2 }],
      [
        { topic: 'a', cld_cnt: 2 },
        { topic: '__proto__', cld_cnt: 0, clientid: ['second'] },
      ],
      [
        { topic: 'b', cld_cnt: 0, clientid: ['first', 'second'] },
        { topic: '+', cld_cnt: 1 },
      ],
      [{ topic: 'c', cld_cnt: 0, clientid: ['first'] }],
    ]);
  });
});
