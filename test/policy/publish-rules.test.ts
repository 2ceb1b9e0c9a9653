// Publishing over HTTP by topic, over a running guard: what is sent is what was judged, and an issuer of whose topics nothing
// is said is judged by route alone.
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { SettingsFailure } from '../../src/failure.ts';
import { mintToken } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, type Pair, PUBLISH, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';
import { makeWorkspace } from '../support/workspace.ts';

const startWith = (rules: string, guard = '', sidecar?: string): Promise<Pair> =>
  startPair({
    guard: `policy.issuers { ops.pub { ${rules} } }\n ${guard}`,
    keys: {
      'ops.pub': OPS.publicPem,
      ...(sidecar !== undefined && { 'ops.policy.conf': sidecar }),
    },
  });

const LINE_1 = 'publish = ["line-1/#", "status"]';
const message = (answer: { readonly body: string }): string => JSON.parse(answer.body).message;

describe('a publish to a topic of the rule', () => {
  it('is written anew, with its length and type, and recorded with its topic', async () => {
    const pair = await startWith(LINE_1);
    const body = '{ "Topic" : "line-1/caf\\u00e9", "payload":"{\\"a\\": 1}", "qos" : 1.0 }';
    expect((await pair.post(body, ['Content-Type: text/plain'])).status).toBe(200);
    const sent = '{"topic":"line-1/café","payload":"{\\"a\\": 1}","qos":1.0}';
    const [seen] = pair.upstream.requests;
    expect(seen?.body.toString()).toBe(sent);
    expect(seen?.headers.get('content-length')).toBe(String(Buffer.byteLength(sent)));
    expect(seen?.headers.get('content-type')).toBe('application/json');
    expect(await pair.soleRecord()).toMatchObject({
      outcome: 'allowed',
      action: 'mqtt.publish',
      target: 'line-1/café',
      rule: 'default_role',
      bytes_in: body.length,
    });
  });

  it('comes in chunks, after 100-continue, or in many parts', async () => {
    const pair = await startWith(LINE_1);
    const body = JSON.stringify({ topic: 'status', payload: 'x'.repeat(200_000) });
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    expect((await pair.ask('POST', PUBLISH, ['Transfer-Encoding: chunked'], chunked)).status).toBe(200);
    const client = await pair.open();
    client.write(pair.head('POST', PUBLISH, [`Content-Length: ${body.length}`, 'Expect: 100-continue']));
    for (let at = 0; at < body.length; at += 50_000) client.write(body.slice(at, at + 50_000));
    expect(await client.next()).toMatchObject({ status: 200, interim: [100] });
    expect(pair.upstream.requests.map((seen) => seen.body.toString())).toEqual([body, body]);
  });

  it('may be a batch, of which the record has every topic', async () => {
    const pair = await startWith(LINE_1);
    const body = '[{"topic":"line-1/a"},{"topics":"status,line-1/b"}]';
    const answer = await pair.ask('POST', `${PUBLISH}_batch`, [`Content-Length: ${body.length}`], body);
    expect(answer.status).toBe(200);
    expect(await pair.soleRecord()).toMatchObject({ target: 'line-1/a, status, line-1/b' });
  });
});

describe('a publish to another topic', () => {
  it('is not permitted by the rule publish, which is named, and never reaches the broker', async () => {
    const pair = await startWith(LINE_1);
    const answer = await pair.post('{"topics":"line-1/a,line-2/\\u00e9\\"x"}');
    await expectRefusal(pair, answer, 'not_permitted');
    expect(message(answer)).toBe(
      'The token does not permit this. mqtt.publish: the rule publish of ops.pub does not hold the topic line-2/??x.',
    );
    expect(await pair.soleRecord()).toMatchObject({
      rule: 'publish',
      role: 'admin',
      target: 'line-1/a, line-2/é"x',
    });
  });

  it('leaves the connection to the next call', async () => {
    const pair = await startWith(LINE_1);
    const client = await pair.open();
    const body = '{"topic":"line-2"}';
    for (let call = 0; call < 5; call++) {
      client.write(pair.head('POST', PUBLISH, [`Content-Length: ${body.length}`]) + body);
      expect((await client.next()).status).toBe(403);
    }
    client.write(pair.head('GET', BROKERS));
    expect((await client.next()).status).toBe(200);
  });

  it('is refused where either settings or sidecar have no filter for it', async () => {
    const pair = await startWith('publish = ["a/#", "b/#"]', '', 'publish = ["+/x", "c"]');
    for (const [topic, status] of [
      ['a/x', 200],
      ['a/y', 403],
      ['c', 403],
      ['c/x', 403],
    ] as const)
      expect((await pair.post(JSON.stringify({ topic }))).status, topic).toBe(status);
  });

  it('is any, where the list is empty; one filter needs no list', async () => {
    const none = await startWith('publish = []');
    expect((await none.post('{"topic":"a"}')).status).toBe(403);
    const one = await startWith('publish = "a/#"');
    expect((await one.post('{"topic":"a"}')).status).toBe(200);
  });
});

describe('a body that can be read in two ways', () => {
  it('is refused with what is wrong, and never reaches the broker', async () => {
    const pair = await startWith(LINE_1);
    const answer = await pair.post('{"topic":"line-2","Topic":"line-1/a"}');
    await expectRefusal(pair, answer, 'body_invalid');
    expect(message(answer)).toBe(
      'The request body cannot be accepted. It names a member twice in one object.',
    );
  });

  it.each([
    ['none at all', '', []],
    ['an empty one', '', ['Content-Length: 0']],
    ['an empty chunked one', '0\r\n\r\n', ['Transfer-Encoding: chunked']],
  ])('is %s', async (_, body, lines) => {
    const pair = await startWith(LINE_1);
    await expectRefusal(pair, await pair.ask('POST', PUBLISH, lines, body), 'body_invalid');
  });

  it('is compressed, which its head says', async () => {
    const pair = await startWith(LINE_1);
    await expectRefusal(
      pair,
      await pair.post('{"topic":"line-1/a"}', ['Content-Encoding: gzip']),
      'body_invalid',
    );
  });

  it('names its topic in a header of VerneMQ', async () => {
    const pair = await startWith(LINE_1, 'upstream.profile = vernemq');
    const body = '{"topic":"line-1/a"}';
    const lines = [`Content-Length: ${body.length}`, 'topic: line-2'];
    const answer = await pair.ask('PUT', '/restmqtt/api/v1/publish', lines, body);
    await expectRefusal(pair, answer, 'body_invalid');
  });

  it.each([
    ['with a length', (body: string) => [[`Content-Length: ${body.length}`], body] as const],
    [
      'in chunks',
      (body: string) =>
        [['Transfer-Encoding: chunked'], `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`] as const,
    ],
  ])('is larger than one that is read for its topics: %s', async (_, frame) => {
    const pair = await startPair({
      guard: `policy.issuers { ops.pub { ${LINE_1} } }`,
      httpServer: 'max_body = 4194304',
    });
    const [lines, bytes] = frame(`{"topic":"line-1/a","payload":"${'x'.repeat(1024 * 1024)}"}`);
    const client = await pair.open();
    client.write(pair.head('POST', PUBLISH, lines) + bytes);
    expect(await client.next()).toMatchObject({ status: 413 });
    expect(pair.upstream.requests).toEqual([]);
  });
});

describe('an issuer of whose topics nothing is said', () => {
  it('has its body passed on as it is, and recorded without a topic', async () => {
    const pair = await startWith('roles = [publisher]');
    const body = ' {"topic":"a","Topic":"b"} ';
    expect((await pair.post(body, ['Content-Type: text/x'])).status).toBe(200);
    expect(pair.upstream.requests[0]?.body.toString()).toBe(body);
    expect(pair.upstream.requests[0]?.headers.get('content-type')).toBe('text/x');
    expect((await pair.soleRecord()).target).toBeUndefined();
  });

  it('is judged by its own rules, whatever those of another', async () => {
    const pair = await startPair({
      guard: `policy.issuers { other.pub { ${LINE_1} } }`,
      keys: { 'ops.pub': OPS.publicPem, 'other.pub': OPS.publicPem },
    });
    expect((await pair.post('{"topic":"line-2"}')).status).toBe(200);
    const body = '{"topic":"line-2"}';
    const lines = [
      `Authorization: Bearer ${mintToken(OPS, { iss: 'other.pub' })}`,
      `Content-Length: ${body.length}`,
    ];
    expect((await pair.send(buildHead('POST', PUBLISH, lines) + body)).status).toBe(403);
  });
});

describe('observe mode', () => {
  it.each([
    ['{"topic":"line-2"}', 'not_permitted', 'line-2'],
    ['{"topic":"line-2","Topic":"line-1/a"}', 'body_invalid', undefined],
  ])('sends %s as it is, and records what it would refuse', async (body, reason, target) => {
    const pair = await startWith(`${LINE_1}, observe = true`);
    expect((await pair.post(body)).status).toBe(200);
    expect(pair.upstream.requests[0]?.body.toString()).toBe(body);
    expect(await pair.soleRecord()).toMatchObject({
      outcome: 'allowed',
      would_deny: reason,
      rule: 'publish',
      target,
    });
  });
});

describe('the rule publish of the settings', () => {
  const problemsOf = (guard: string): readonly string[] => {
    const directory = makeWorkspace({ 'nanomq.conf': `guard { ${guard} }` });
    try {
      loadSettings(`${directory}/nanomq.conf`);
    } catch (error) {
      if (error instanceof SettingsFailure) return error.problems.map(({ message: text }) => text);
      throw error;
    }
    return [];
  };

  it('holds filters only', () => {
    expect(problemsOf('policy.issuers { ops.pub { publish = ["a/#/b", "a"] } }')).toEqual([
      expect.stringContaining('must be an MQTT topic filter such as "line-1/#"'),
    ]);
  });

  it('stops the start where the broker has no call that it could judge', () => {
    expect(
      problemsOf('upstream.profile = generic, policy.issuers { ops.pub { publish = ["a/#"] } }'),
    ).toEqual([
      expect.stringContaining('has no meaning with the profile generic, which has no call that publishes'),
    ]);
  });

  it('makes an issuer unusable whose sidecar has it wrong', async () => {
    const pair = await startWith('', '', 'publish = ["a#"]');
    expect((await pair.post('{"topic":"a"}')).status).toBe(401);
    expect(pair.guard.lines.join()).toContain('must be an MQTT topic filter');
  });
});
