// MQTT.js against the embedded broker: every packet that asks for something is judged by the very core of the HTTP
// door, and leaves its record.

import { createHash } from 'node:crypto';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { KEYS_DIR_ALONE, type MqttSettings } from '../../src/config/mqtt.ts';
import { Census } from '../../src/embedded/census.ts';
import { createGate } from '../../src/embedded/gate.ts';
import { startMqtt } from '../../src/embedded/mqtt.ts';
import { FollowedState } from '../../src/followed.ts';
import { openDoor } from '../../src/mqtt/door.ts';
import { openMqttGuard } from '../../src/mqtt/mqtt-guard.ts';
import { type AuditRecord, auditObserver } from '../../src/observe/audit/record.ts';
import { createRecorder } from '../../src/observe/recorder.ts';
import { RevokedTokens } from '../../src/revocation/revoked.ts';
import { makeIssuer, mintToken, nowSeconds } from '../support/issuers.ts';
import { makePolicy } from '../support/policy.ts';
import { TOKEN_RULES } from '../support/token-rules.ts';
import { connect, eventually, start } from './harness.ts';

const OPS = makeIssuer();
const STRANGER = makeIssuer();
const STRICT: MqttSettings = {
  semantics: 'strict',
  securityProfile: 'hardened',
  allowAnonymous: false,
  noMatch: 'deny',
  authentication: [KEYS_DIR_ALONE],
};

async function startGuarded(settings: Partial<MqttSettings> = {}) {
  const records: AuditRecord[] = [];
  const recorder = createRecorder({
    observers: [auditObserver((record) => records.push(record))],
    now: Date.now,
    tick: () => performance.now(),
  });
  const thumbprint = createHash('sha256').update(OPS.publicPem).digest('hex');
  const filed = { name: 'ops.pub', usable: true, keys: [{ key: OPS.publicKey, thumbprint }] } as const;
  const revoked = new RevokedTokens();
  const changes = new FollowedState(undefined);
  let lookup = (issuer: string): typeof filed | undefined => (issuer === 'ops.pub' ? filed : undefined);
  const guard = openMqttGuard({
    settings: { ...STRICT, ...settings },
    token: TOKEN_RULES,
    policy: makePolicy(),
    revocations: revoked,
    lookup: (issuer) => lookup(issuer),
    now: Date.now,
    report: () => undefined,
  });
  const door = openDoor(() => guard, recorder, changes);
  const broker = await start(Date.now, door);
  const join = (acl?: object, claims: object = {}, options: IClientOptions = {}) => {
    const token = mintToken(OPS, { ...(acl && { acl }), ...claims });
    return connect(broker, { username: 'u', password: token, ...options });
  };
  const revoke = (jti: string) => {
    revoked.add({ issuer: 'ops.pub', by: 'jti', value: jti, until: Infinity }, 0);
    changes.change(undefined);
  };
  const removeKey = () => {
    lookup = () => undefined;
    changes.change(undefined);
  };
  /** Another client of the same token comes in, but nobody has been told of the change. */
  const revokeUntold = (jti: string) =>
    revoked.add({ issuer: 'ops.pub', by: 'jti', value: jti, until: Infinity }, 0);
  return { broker, door, records, join, revoke, revokeUntold, removeKey };
}

const shortOf = ({ action, target, outcome, reason }: AuditRecord) =>
  [action, target, outcome, reason].filter((word) => word !== undefined).join(' ');

describe('the embedded broker asks the core', () => {
  it('a client without a token is refused, and so is one with a stranger’s', async () => {
    const { broker, records } = await startGuarded();
    await expect(connect(broker, { clientId: 'bare' })).rejects.toMatchObject({ code: 5 });
    const foreign = { clientId: 'foreign', username: 'u', password: mintToken(STRANGER) };
    await expect(connect(broker, foreign)).rejects.toMatchObject({ code: 5 });
    expect(records.map(shortOf)).toEqual([
      'connect bare denied token_missing',
      'connect foreign denied signature_invalid',
    ]);
  });

  it('the token of the HTTP door lets a client in, and its record says who it is', async () => {
    const { join, records } = await startGuarded();
    await join(undefined, { sub: 'device', jti: '7' }, { clientId: 'd1' });
    expect(records).toEqual([
      expect.objectContaining({
        type: 'audit',
        action: 'connect',
        target: 'd1',
        client: '127.0.0.1',
        issuer: 'ops.pub',
        subject: 'device',
        token_id: '7',
        outcome: 'allowed',
      }),
    ]);
  });

  it('a publish that no rule allows ends the connection and reaches nobody', async () => {
    const { join, records } = await startGuarded();
    const reader = await join();
    await reader.subscribeAsync('#');
    const heard: string[] = [];
    reader.on('message', (topic) => heard.push(topic));
    const writer = await join({ pub: ['up/#'] });
    await writer.publishAsync('up/1', 'x', { qos: 1 });
    const dropped = new Promise((resolve) => writer.once('close', () => resolve('closed')));
    writer.publish('down/1', 'x', { qos: 1 });
    await dropped;
    await eventually(() => expect(heard).toEqual(['up/1']));
    expect(records.map(shortOf)).toEqual(
      expect.arrayContaining(['publish up/1 allowed', 'publish down/1 denied not_permitted']),
    );
  });

  it('each filter of a subscription is judged by itself', async () => {
    const { join, records } = await startGuarded();
    const client = await join([
      { permission: 'deny', action: 'sub', topic: 'a/secret' },
      { permission: 'allow', action: 'sub', topic: 'a/+' },
    ]);
    const granted = await client
      .subscribeAsync(['a/b', 'a/+', 'a/#', 'b'])
      .catch((error) => error.packet.granted);
    expect(granted).toEqual([0, 128, 128, 128]);
    expect(records.map(shortOf).slice(1)).toEqual([
      'subscribe a/b allowed',
      'subscribe a/+ denied not_permitted',
      'subscribe a/# denied not_permitted',
      'subscribe b denied not_permitted',
    ]);
  });

  it('a delivery that no rule allows is left out, counted, and written nowhere', async () => {
    const amqtt: MqttSettings['authentication'] = [
      {
        mechanism: 'amqtt-jwt',
        enable: true,
        precondition: undefined,
        secretKey: OPS.publicPem,
        algorithm: 'RS256',
        userClaim: 'sub',
        publishClaim: 'p',
        subscribeClaim: 's',
        receiveClaim: 'r',
        requireExp: true,
      },
    ];
    const { join, records, door } = await startGuarded({ authentication: amqtt });
    const lists = { sub: 'u', p: ['#'], s: ['#'], r: ['open/+'] };
    const client = await join(undefined, lists);
    await client.subscribeAsync('#');
    const heard: string[] = [];
    client.on('message', (topic) => heard.push(topic));
    for (const topic of ['closed', 'open/1', 'open/1/2', 'open/2'])
      await client.publishAsync(topic, 'x', { qos: 1 });
    await eventually(() => expect(heard).toEqual(['open/1', 'open/2']));
    expect(door.deliveries).toEqual({ allowed: 2, denied: 2 });
    expect(records.filter(({ action }) => (action as string) === 'receive')).toEqual([]);
  });

  it('a will that may not be published is not', async () => {
    const { join, records } = await startGuarded();
    const reader = await join();
    await reader.subscribeAsync('#');
    const heard: string[] = [];
    reader.on('message', (topic) => heard.push(topic));
    const leave = async (topic: string) => {
      const client = await join({ pub: ['good'] }, {}, { will: { topic, payload: Buffer.from('x') } });
      client.stream.destroy();
    };
    await leave('bad');
    await leave('good');
    await eventually(() => expect(heard).toEqual(['good']));
    expect(records.map(shortOf)).toContain('publish bad denied not_permitted');
  });

  it('a connection ends when its token does', async () => {
    const { join } = await startGuarded();
    const exp = nowSeconds() + 2;
    const client = await join(undefined, { iat: exp - 10, exp });
    const closedAt = await new Promise<number>((resolve) => client.once('close', () => resolve(Date.now())));
    expect(closedAt).toBeGreaterThanOrEqual(exp * 1000);
  });

  const whenClosed = (client: MqttClient) =>
    new Promise((resolve) => client.once('close', () => resolve('closed')));

  it('a connection ends when its token is revoked, and no other; a new one is refused', async () => {
    const { join, revoke, records } = await startGuarded();
    const [stolen, good] = [await join(undefined, { jti: '7' }), await join(undefined, { jti: '8' })];
    const closed = whenClosed(stolen);
    revoke('7');
    await closed;
    await expect(join(undefined, { jti: '7' }, { clientId: 'again' })).rejects.toMatchObject({ code: 5 });
    await good.publishAsync('a', 'x', { qos: 1 });
    expect(records.map(shortOf)).toContain('connect again denied token_revoked');
  });

  it('is_superuser frees nobody from revocation', async () => {
    const { join, revoke } = await startGuarded();
    const closed = whenClosed(await join(undefined, { jti: '7', is_superuser: true }));
    revoke('7');
    await closed;
  });

  it('what is revoked may publish nothing more, even before its connection has ended', async () => {
    const { join, revokeUntold, records } = await startGuarded();
    const client = await join(undefined, { jti: '7' });
    const closed = whenClosed(client);
    revokeUntold('7');
    client.publish('a', 'x', { qos: 1 });
    await closed;
    expect(records.map(shortOf)).toContain('publish a denied token_revoked');
  });

  it('a connection ends when the key of its token is removed', async () => {
    const { join, removeKey } = await startGuarded();
    const closed = whenClosed(await join());
    removeKey();
    await closed;
  });

  it('nobody is let in while there is no core yet', async () => {
    const mqtt = await startMqtt(
      0,
      new Census(),
      createGate(() => undefined, Date.now),
    );
    try {
      const early = connectAsync(`mqtt://127.0.0.1:${mqtt.port}`, { reconnectPeriod: 0 });
      await expect(early).rejects.toMatchObject({ code: 3 });
    } finally {
      await mqtt.close();
    }
  });

  it('allow_anonymous lets in whoever brings nothing, and nobody with a bad token', async () => {
    const { broker } = await startGuarded({ allowAnonymous: true });
    const client = await connect(broker);
    await client.publishAsync('a', 'x', { qos: 1 });
    await expect(connect(broker, { username: 'u', password: 'x' })).rejects.toMatchObject({ code: 5 });
  });
});
