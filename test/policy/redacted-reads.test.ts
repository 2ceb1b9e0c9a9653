// Reads whose answers hold secrets, over a running guard: whole for whoever has `secrets`, without them for whoever may
// read, and for nobody else. An answer that cannot be redacted is not sent.
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEmbeddedBroker } from '../../src/embedded/broker.ts';
import { PLANTED_SECRET } from '../../src/embedded/planted.ts';
import { loadProfile } from '../../src/policy/profile.ts';
import { until } from '../support/guard.ts';
import { mintToken } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, type Pair, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';
import { okAnswer } from '../support/upstream.ts';

const CONFIGURATION = '/api/v4/configuration';
const SECRET = '{"code":0,"data":{"password":"hunter2","url":"tcp://a","n":1e999}}';
const WITHOUT = '{"code":0,"data":{"password":"******","url":"tcp://a","n":1e999}}';

const startAs = (rules: string, options: Parameters<typeof startPair>[0] = {}): Promise<Pair> =>
  startPair({
    respond: () => okAnswer(SECRET),
    ...options,
    guard: `policy.issuers { ops.pub { ${rules} } }\n ${options.guard ?? ''}`,
  });

/** An answer with these fields. */
const answer = (body: string | Buffer, fields: readonly string[], status = '200 OK'): Buffer =>
  Buffer.concat([
    Buffer.from([`HTTP/1.1 ${status}`, `Content-Length: ${body.length}`, ...fields, '', ''].join('\r\n')),
    Buffer.from(body),
  ]);
const JSON_TYPE = 'Content-Type: application/json';

describe('a read of secrets', () => {
  it('comes without them for a viewer, and says so to the caller and in the record', async () => {
    const pair = await startAs('roles = [viewer]');
    const answered = await pair.ask('GET', CONFIGURATION);
    expect(answered).toMatchObject({ status: 200, body: WITHOUT });
    expect(answered.headers.get('x-guard-redacted')).toBe('true');
    expect(answered.headers.get('content-length')).toBe(String(WITHOUT.length));
    expect(answered.headers.get('content-type')).toBe('application/json');
    expect(answered.headers.get('cache-control')).toBe('no-store');
    expect(await pair.soleRecord()).toMatchObject({
      outcome: 'allowed',
      action: 'configuration.read',
      class: 'read',
      role: 'viewer',
      rule: 'roles',
      redacted: true,
      bytes_out: WITHOUT.length,
    });
  });

  it('comes whole for an admin, and to nobody without a read', async () => {
    const admin = await startAs('roles = [admin]');
    const answered = await admin.ask('GET', CONFIGURATION);
    expect(answered.body).toBe(SECRET);
    expect(answered.headers.has('x-guard-redacted')).toBe(false);
    const record = await admin.soleRecord();
    expect(record).toMatchObject({ class: 'secrets' });
    expect(record.redacted).toBeUndefined();
    const publisher = await startAs('roles = [publisher]');
    await expectRefusal(publisher, await publisher.ask('GET', CONFIGURATION), 'not_permitted');
  });

  it.each([
    ['roles = [admin], deny = [secrets]', CONFIGURATION, WITHOUT],
    ['roles = [viewer], allow = [secrets]', CONFIGURATION, SECRET],
    ['allow = [configuration.read]', CONFIGURATION, SECRET],
    ['roles = [viewer, admin]', CONFIGURATION, SECRET],
    ['roles = [operator]', '/api/v4/bridges/west', WITHOUT],
    ['roles = [viewer], allow = [secrets]', '/api/v4/clients', SECRET],
  ])('with %s on %s', async (rules, target, expected) => {
    const pair = await startAs(rules);
    expect((await pair.ask('GET', target)).body).toBe(expected);
  });

  it.each([
    ['scope', { scope: 'read' }, WITHOUT],
    ['roles', { roles: ['viewer'] }, WITHOUT],
    ['scope that names it', { scope: 'configuration.read' }, SECRET],
    ['scope with secrets', { scope: 'read secrets' }, SECRET],
  ])('is narrowed by the %s of a token', async (_, claims, expected) => {
    const pair = await startAs('roles = [admin]');
    const head = buildHead('GET', CONFIGURATION, [`Authorization: Bearer ${mintToken(OPS, claims)}`]);
    expect((await pair.send(head)).body).toBe(expected);
  });

  it.each([
    ['viewer', 'admin'],
    ['admin', 'viewer'],
  ])('is narrowed by settings that say %s or a sidecar that says %s', async (settings, sidecar) => {
    const pair = await startAs(`roles = [${settings}]`, {
      keys: { 'ops.pub': OPS.publicPem, 'ops.policy.conf': `roles = [${sidecar}]` },
    });
    expect((await pair.ask('GET', CONFIGURATION)).body).toBe(WITHOUT);
    expect(await pair.soleRecord()).toMatchObject({ role: 'viewer', rule: 'roles', redacted: true });
  });

  it('leaves message contents out', async () => {
    const will = '{"data":[{"client_id":"a","will_msg":"hunter2"}]}';
    const pair = await startAs('roles = [viewer]', { respond: () => okAnswer(will) });
    expect((await pair.ask('GET', '/api/v4/clients')).body).toBe(will.replace('hunter2', '******'));
    expect(await pair.soleRecord()).toMatchObject({ action: 'clients.list', redacted: true });
  });

  it('in observe mode comes whole, and the record says what would be left out', async () => {
    const pair = await startAs('roles = [viewer], observe = true');
    expect((await pair.ask('GET', CONFIGURATION)).body).toBe(SECRET);
    const record = await pair.soleRecord();
    expect(record).toMatchObject({ would_redact: true, outcome: 'allowed' });
    expect(record.redacted).toBeUndefined();
  });

  it('is redacted in an error of the broker, too', async () => {
    const pair = await startAs('roles = [viewer]', {
      respond: () => answer('{"password":"hunter2"}', [JSON_TYPE], '404 Not Found'),
    });
    expect(await pair.ask('GET', CONFIGURATION)).toMatchObject({
      status: 404,
      body: '{"password":"******"}',
    });
  });

  it('may be empty, and comes in chunks of any size', async () => {
    const chunks = [...SECRET].map((letter) => `1\r\n${letter}\r\n`).join('');
    const answers = [
      answer('', [], '204 No Content').toString().replace('Content-Length: 0\r\n', ''),
      `HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`,
    ];
    const pair = await startAs('roles = [viewer]', { respond: () => answers.shift() });
    expect(await pair.ask('GET', CONFIGURATION)).toMatchObject({ status: 204, body: '' });
    expect(await pair.ask('GET', CONFIGURATION)).toMatchObject({ status: 200, body: WITHOUT });
  });
});

describe('a read that is redacted', () => {
  it('asks the broker for all of it, as JSON, and for nothing that depends on the raw answer', async () => {
    const pair = await startAs('roles = [viewer]');
    await pair.ask('GET', CONFIGURATION, [
      'Accept: text/plain',
      'Accept-Encoding: gzip',
      'Range: bytes=10-20',
      'If-None-Match: "raw"',
      'If-Match: "raw"',
      'If-Modified-Since: Sat, 28 Nov 2026 00:00:00 GMT',
      'If-Range: "raw"',
      'User-Agent: a-tool',
    ]);
    const [seen] = pair.upstream.requests;
    expect(seen?.headers.get('accept')).toBe('application/json');
    expect(seen?.headers.get('user-agent')).toBe('a-tool');
    expect(
      [...(seen?.headers.keys() ?? [])].filter((name) => /^(?:if-|range|accept-enc)/.test(name)),
    ).toEqual([]);
  });

  it('does not say what the broker says of the raw answer', async () => {
    const raw = [
      'ETag: "hash-of-the-raw-answer"',
      'Last-Modified: Sat, 28 Nov 2026 00:00:00 GMT',
      'Accept-Ranges: bytes',
      'Content-MD5: abcd',
      'X-Total: hunter2',
      'Vary: Accept',
    ];
    const pair = await startAs('roles = [viewer]', { respond: () => answer(SECRET, [JSON_TYPE, ...raw]) });
    const { headers } = await pair.ask('GET', CONFIGURATION);
    expect(
      [...headers.keys()].filter((name) => !['date', 'connection', 'keep-alive'].includes(name)).sort(),
    ).toEqual([
      'cache-control',
      'content-length',
      'content-type',
      'vary',
      'x-guard-redacted',
      'x-request-id',
    ]);
  });

  it('by HEAD has a head without a length', async () => {
    const pair = await startAs('roles = [viewer]', {
      guard: 'upstream.profile = rabbitmq',
      respond: () => `HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nContent-Length: 4711\r\nETag: "raw"\r\n\r\n`,
    });
    const client = await pair.open();
    client.write(pair.head('HEAD', '/api/definitions'));
    const { status, headers } = await client.next({ isHead: true });
    expect(status).toBe(200);
    expect(headers.get('x-guard-redacted')).toBe('true');
    expect([headers.has('content-length'), headers.has('etag'), headers.has('transfer-encoding')]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it.each([
    ['/api/users?sort=password_hash', 'rabbitmq'],
    ['/api/users?sort=name,Password_Hash&sort_reverse=true', 'rabbitmq'],
    ['/api/users?password_hash=abc', 'rabbitmq'],
    ['/api/v1/retain/show?--payload=guess', 'vernemq'],
    ['/api/v1/retain/show?%2D-payload', 'vernemq'],
  ])('may not be sorted or filtered by what is left out: %s', async (target, profile) => {
    const pair = await startAs('roles = [viewer]', { guard: `upstream.profile = ${profile}` });
    await expectRefusal(pair, await pair.ask('GET', target), 'not_permitted');
    expect(await pair.soleRecord()).toMatchObject({ rule: 'query' });
  });

  it('may be sorted by what is shown', async () => {
    const pair = await startAs('roles = [viewer]', { guard: 'upstream.profile = rabbitmq' });
    expect((await pair.ask('GET', '/api/users?sort=name&columns=name')).status).toBe(200);
  });
});

describe('an answer that cannot be redacted', () => {
  const doubled = '{"password":"hunter2","password":"hunter3"}';
  it.each([
    ['twice the name', answer(doubled, [JSON_TYPE]), 'names a member twice in one object'],
    ['no JSON', answer('password=hunter2', [JSON_TYPE]), 'is no JSON'],
    ['not called JSON', answer(SECRET, ['Content-Type: text/plain']), 'is not called JSON'],
    ['without a type', answer(SECRET, []), 'is not called JSON'],
    ['compressed', answer(gzipSync(SECRET), [JSON_TYPE, 'Content-Encoding: gzip']), 'is compressed'],
    [
      'a byte order mark',
      answer(Buffer.from(`\ufeff${SECRET}`), [JSON_TYPE]),
      'begins with a byte order mark',
    ],
    [
      'an HTML page',
      answer('<p>hunter2', ['Content-Type: text/html'], '500 No'),
      'has status 500 and is not called JSON',
    ],
    [
      'too large',
      answer(`{"a":"${'x'.repeat(70_000)}","password":"hunter2"}`, [JSON_TYPE]),
      'is larger than 65536 bytes',
    ],
  ])('is not sent, and why is said: %s', async (_, bytes, why) => {
    const pair = await startAs('roles = [viewer]', { guard: 'limits.redacted = 64KB', respond: () => bytes });
    const answered = await pair.ask('GET', CONFIGURATION);
    await expectRefusal(pair, answered, 'answer_withheld');
    expect(JSON.parse(answered.body).message).toContain(why);
    expect(answered.body).not.toContain('hunter');
    const record = await pair.soleRecord();
    expect(record.redacted).toBeUndefined();
    expect(record).toMatchObject({ class: 'read', upstream_status: Number(bytes.subarray(9, 12)) });
  });

  it('is not sent when it breaks off', async () => {
    const pair = await startAs('roles = [viewer]', {
      respond: (_, socket) => {
        socket.end(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nContent-Length: 100\r\n\r\n{"password":"hunter2"`);
        return undefined;
      },
    });
    await expectRefusal(pair, await pair.ask('GET', CONFIGURATION), 'upstream_broken');
  });

  it('is not read to its end, and the next call has its own answer', async () => {
    const pair = await startAs('roles = [viewer]', {
      guard: 'limits.redacted = 64KB, upstream.connections = 1',
      respond: ({ requestLine }, socket) => {
        if (!requestLine.includes(CONFIGURATION)) return okAnswer('own');
        socket.write(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n`);
        socket.write(`20000\r\n${'['.repeat(0x20000)}\r\n`);
        return undefined;
      },
    });
    const client = await pair.open();
    client.write(pair.head('GET', CONFIGURATION));
    expect((await client.next()).status).toBe(502);
    client.write(pair.head('GET', BROKERS));
    expect(await client.next()).toMatchObject({ status: 200, body: 'own' });
    await until(() => pair.upstream.connections().open === 1, 'the end of the first connection');
  });

  it('is one too many where others are held: as much as four of the largest for one issuer', async () => {
    const large = `{"a":"${'x'.repeat(60_000)}","password":"hunter2"}`;
    const held: (() => void)[] = [];
    const pair = await startAs('roles = [viewer]', {
      guard: 'limits.redacted = 64KB',
      respond: (_, socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nContent-Length: ${large.length}\r\n\r\n`);
        socket.write(large.slice(0, -1));
        held.push(() => socket.write(large.slice(-1)));
        return undefined;
      },
    });
    const waiting = Array.from({ length: 5 }, () => pair.ask('GET', CONFIGURATION));
    const refused = await Promise.race(waiting);
    expect(refused).toMatchObject({ status: 503 });
    expect((await pair.records(1))[0]).toMatchObject({ reason: 'upstream_busy', outcome: 'failed' });
    for (const release of held) release();
    const answers = await Promise.all(waiting);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 503]);
    const next = pair.ask('GET', CONFIGURATION);
    await until(() => held.length === 6, 'room for another');
    held[5]?.();
    expect((await next).body).toBe(large.replace('hunter2', '******'));
  });
});

describe('the embedded broker behind the guard', () => {
  it('shows a viewer none of the secrets that are planted in it', async () => {
    const broker = await startEmbeddedBroker({ mqttPort: 0, now: Date.now, door: () => undefined });
    onTestFinished(() => broker.close());
    const pair = await startAs('roles = [viewer]', {
      upstreamUrl: `unix:${broker.socketPath}`,
      httpServer: `username = ${broker.username}, password = "${broker.password}"`,
    });
    const reads = loadProfile('nanomq').routes.filter(({ method }) => method === 'GET');
    const shown: string[] = [];
    for (const { template } of reads) {
      const answered = await pair.ask(
        'GET',
        template.replace(/\{name\/\}/, 'emqx').replaceAll(/\{[^}]*\}/g, 'x'),
      );
      expect(answered.body, template).not.toContain(PLANTED_SECRET);
      if (answered.headers.has('x-guard-redacted') && answered.body.includes('"******"'))
        shown.push(template);
    }
    expect(shown).toEqual(expect.arrayContaining(['/api/v4/configuration', '/api/v4/configuration/tls']));
    const admin = await startAs('roles = [admin]', {
      upstreamUrl: `unix:${broker.socketPath}`,
      httpServer: `username = ${broker.username}, password = "${broker.password}"`,
    });
    expect((await admin.ask('GET', CONFIGURATION)).body).toContain(PLANTED_SECRET);
  });
});
