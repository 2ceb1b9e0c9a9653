// The composition of a request's steps: what breaks inside the guard, and whose name goes to the broker.
import http from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deny } from '../src/decision.ts';
import { PEERS_ONLY } from '../src/http/client-address.ts';
import { openCallerLimits } from '../src/limits/caller-limits.ts';
import { Connections } from '../src/listener/connection.ts';
import { type AuditRecord, auditObserver } from '../src/observe/audit/record.ts';
import { createRecorder } from '../src/observe/recorder.ts';
import { loadProfile } from '../src/policy/profile.ts';
import { openBroker } from '../src/proxy/broker.ts';
import { createGuardedApp } from '../src/server.ts';
import { until } from './support/guard.ts';
import { mintToken } from './support/issuers.ts';
import { listenOnLoopback } from './support/loopback.ts';
import { BROKERS, buildHead, OPS, startPair } from './support/pair.ts';
import { sendRaw } from './support/raw.ts';

const tick = () => performance.now();

const BROKER = {
  upstream: {
    origin: 'http://127.0.0.1:9',
    basePath: '',
    socketPath: undefined,
    profile: 'nanomq',
    credentials: undefined,
    connectTimeoutMs: 100,
    headersTimeoutMs: 100,
    bodyTimeoutMs: 100,
    maxConnections: 1,
    maxPublishes: 1,
    maxPerCaller: undefined,
    maxBodyBytes: 1024,
  },
  limits: { uploadMs: 100, collected: { total: 1024, perCaller: 1024 }, redactedBytes: 1024 },
} as const;

/** A request's way with a core that throws. */
async function startBroken(error: unknown) {
  const records: AuditRecord[] = [];
  const lines: string[] = [];
  const report = (line: string) => void lines.push(line);
  const broker = openBroker(BROKER, tick, report);
  onTestFinished(() => broker.close(true));
  const app = createGuardedApp({
    recorder: createRecorder({
      observers: [auditObserver((record) => void records.push(record))],
      now: Date.now,
      tick,
    }),
    connectionOf: new Connections({
      isDraining: () => false,
      refusedPerConnection: () => 3,
      skipTurn: () => undefined,
    }).of,
    clients: PEERS_ONLY,
    corsOrigins: [],
    say: report,
    canRecord: () => true,
    profile: loadProfile('nanomq'),
    guard: {
      authenticate() {
        throw error;
      },
      remembers: () => false,
      claimedIssuer: () => undefined,
      authorize: () => deny('token_missing'),
      judge: () => deny('token_missing'),
    },
    limits: openCallerLimits({ failures: undefined, requests: undefined }),
    broker,
  });
  const server = http.createServer(app.callback());
  const port = await listenOnLoopback(server);
  onTestFinished(() => void server.close());
  return { records, lines, port };
}

describe('an exception inside the guard', () => {
  it.each([
    ['an Error', new Error('secret-of-the-inside'), /: Error: secret-of-the-inside\n\s+at /],
    ['no Error', 'secret-of-the-inside', /: 'secret-of-the-inside'$/],
  ])('that is %s is a 500 that tells nothing, one line and one record', async (_, error, line) => {
    const { records, lines, port } = await startBroken(error);
    const answer = await sendRaw(port, buildHead('GET', BROKERS, ['Authorization: Bearer a.b.c']));
    expect(answer.status).toBe(500);
    const body = JSON.parse(answer.body);
    expect(Object.keys(body).sort()).toEqual(['code', 'message', 'reason', 'request_id']);
    expect(body).toMatchObject({
      reason: 'guard_failed',
      message: 'The guard failed. Its log has the reason under this request id.',
    });
    expect(answer.body + [...answer.headers.values()].join()).not.toMatch(/secret-of-the-inside|\.ts|\bat\b/);
    await until(() => records.length > 0, 'the record');
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      request_id: body.request_id,
      outcome: 'failed',
      reason: 'guard_failed',
      status: 500,
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`request ${body.request_id} failed inside the guard`);
    expect(lines[0]).toMatch(line);
  });

  it('leaves the connection and the guard working', async () => {
    const { records, port } = await startBroken(new Error('inside'));
    for (let count = 1; count <= 3; count++)
      expect((await sendRaw(port, buildHead('GET', BROKERS, ['Authorization: Bearer a.b.c']))).status).toBe(
        500,
      );
    expect((await sendRaw(port, buildHead('GET', BROKERS))).status).toBe(401);
    await until(() => records.length === 4, 'a record each');
  });
});

describe('an issuer that the token names without its suffix', () => {
  it('is told to the broker and recorded under its full name, each time', async () => {
    const pair = await startPair({ guard: 'token.issuer_suffix = optional' });
    const authorization = `Authorization: Bearer ${mintToken(OPS, { iss: 'ops' })}`;
    for (let count = 0; count < 2; count++)
      expect((await pair.send(buildHead('GET', BROKERS, [authorization]))).status).toBe(200);
    expect(pair.upstream.requests.map(({ headers }) => headers.get('x-guard-issuer'))).toEqual([
      'ops.pub',
      'ops.pub',
    ]);
    expect((await pair.records(2)).map(({ issuer }) => issuer)).toEqual(['ops.pub', 'ops.pub']);
  });
});
