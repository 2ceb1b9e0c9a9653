// Attack: ask to switch protocols, past the steps an ordinary request takes, or get a raw tunnel to the broker.
// Rule: an upgrade is judged like any request, its fields stay behind, and a 101 is never passed on.
import { describe, expect, it } from 'vitest';
import { BROKERS, buildHead, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];
const H2C = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'];

describe.each([
  ['websocket', WEBSOCKET],
  ['h2c', H2C],
])('an upgrade to %s', (_, lines) => {
  it('without a token is refused', async () => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.send(buildHead('GET', BROKERS, lines)), 'token_missing');
  });

  it('with a token is an ordinary request', async () => {
    const pair = await startPair();
    expect((await pair.ask('GET', BROKERS, lines)).status).toBe(200);
    expect(pair.upstream.received().toLowerCase()).not.toMatch(/upgrade|http2-settings|sec-websocket/);
  });
});

describe('a broker that switches protocols', () => {
  it.each(['Connection: Upgrade\r\nUpgrade: websocket\r\n', ''])('is broken, with %j', async (fields) => {
    const pair = await startPair({
      respond: () =>
        `HTTP/1.1 101 Switching Protocols\r\n${fields}\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`,
    });
    await expectRefusal(pair, await pair.ask('GET', BROKERS, WEBSOCKET), 'upstream_broken');
  });
});
