// Every broker's questions and the answers it understands: allowed, denied, of an expired token, of a client nobody knows, and
// broken.
import { describe, expect, it } from 'vitest';
import { ADAPTERS } from '../../src/hooks/hooks.ts';
import { type Answer, type Question, type StartedHooks, startHooks } from '../support/hooks.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { type Expected, GOLDEN, type Golden } from './golden.ts';

const ACL = { pub: ['up/c1/#'], sub: ['down/c1/#', 'all/+'] };

const start = ({ name }: Golden) => startHooks({ hooks: `${name} { enable = true }` });

/** The token where a question has room for one. */
function fill(question: Question, token: string): Question {
  const entries = Object.entries(question.headers ?? {});
  const headers = Object.fromEntries(
    entries.map(([name, value]) => [name, value.replace('{{token}}', token)]),
  );
  return { ...question, headers };
}

function expectAnswer(answer: Answer, { status, body }: Expected, title: string): void {
  expect({ status: answer.status, body: answer.body }, title).toEqual({ status, body });
  expect(answer.type, title).toMatch(typeof body === 'string' ? /^text\/plain/ : /^application\/json/);
}

async function connect(doors: StartedHooks, golden: Golden, claims: Record<string, unknown> = {}) {
  const token = doors.mint({ acl: ACL, ...claims });
  return { token, answer: await doors.ask(golden.connect(token)) };
}

describe.each(GOLDEN)('the hook of $name', (golden) => {
  it('lets a client in, and tells of it', async () => {
    const doors = await start(golden);
    const end = Math.floor(Date.now() / 1000) + 600;
    const { answer } = await connect(doors, golden, { exp: end, sub: 'device 1' });
    expectAnswer(answer, golden.connected(end), 'connect');
    const [told] = doors.seen;
    expect(told).toMatchObject({ hook: golden.name, action: { name: 'connect' }, denial: undefined });
    expect(told?.principal).toMatchObject({ issuer: 'ops.pub', subject: 'device 1' });
  });

  it.each([
    ['no token', () => ''],
    ['a forged token', () => mintToken(makeIssuer(), { acl: ACL })],
    ['an expired token', () => mintToken(makeIssuer(), { exp: 1 })],
    ['text', () => 'secret'],
    ['two tokens', () => 'a.b.c a.b.c'],
  ])('keeps a client with %s out', async (_, make) => {
    const doors = await start(golden);
    expectAnswer(await doors.ask(golden.connect(make())), golden.denied, 'connect');
    expect(doors.seen.every(({ denial }) => denial !== undefined)).toBe(true);
  });

  it('keeps a client out whose token has expired', async () => {
    const doors = await start(golden);
    const token = doors.mint({ acl: ACL });
    doors.pass(3600);
    expectAnswer(await doors.ask(golden.connect(token)), golden.denied, 'connect');
  });

  it('allows what the token allows, and nothing more', async () => {
    const doors = await start(golden);
    const { token } = await connect(doors, golden);
    for (const [title, question, answer] of golden.allowed)
      expectAnswer(await doors.ask(fill(question, token)), answer, title);
    for (const [title, question, answer = golden.denied] of golden.refused)
      expectAnswer(await doors.ask(fill(question, token)), answer, title);
  });

  it('denies a client of whose connect it knows nothing', async () => {
    const doors = await start(golden);
    for (const [title, question] of golden.allowed)
      expectAnswer(await doors.ask(fill(question, 'a.b.c')), golden.denied, title);
  });

  it('denies from the second on in which the token ends', async () => {
    const doors = await start(golden);
    const { token } = await connect(doors, golden);
    doors.pass(3600);
    for (const [title, question] of golden.allowed)
      expectAnswer(await doors.ask(fill(question, token)), golden.denied, title);
  });

  it('denies once the key of the token is gone', async () => {
    const doors = await start(golden);
    const { token } = await connect(doors, golden);
    doors.removeKey();
    for (const [title, question] of golden.allowed)
      expectAnswer(await doors.ask(fill(question, token)), golden.denied, title);
  });

  it('denies what it cannot read in the same form, and tells the operator why', async () => {
    const doors = await start(golden);
    const { token } = await connect(doors, golden);
    for (const { path } of ADAPTERS[golden.name].hooks) {
      const headers = fill({ path, headers: { authorization: 'Bearer {{token}}' } }, token).headers;
      for (const [title, broken] of listBroken().filter(([title]) => !maySay(golden, path, title)))
        expectAnswer(
          await doors.ask({ path, ...broken, headers: { ...headers, ...broken.headers } }),
          golden.denied,
          title,
        );
    }
    expect(doors.lines.length).toBeGreaterThan(0);
    expect(doors.lines.join()).not.toContain('failed inside the guard');
    expect(doors.lines.join()).not.toContain(token);
  });
});

/** The token stands in the head, and nothing more need be said. */
const maySay = ({ isStateless = false }: Golden, path: string, title: string): boolean =>
  isStateless && !path.endsWith('/acl') && ['no body', 'no client id', 'an empty client id'].includes(title);

/** None of them holds what any question needs: a client that connected. */
function listBroken(): [string, Omit<Question, 'path'>][] {
  const json = { 'content-type': 'application/json' };
  const long = 'x'.repeat(65_535);
  return [
    ['no body', { body: '' }],
    ['no JSON', { body: '{', headers: json }],
    ['a list', { body: '[]', headers: json }],
    ['a text', { body: '"c1"', headers: json }],
    ['deep JSON', { body: `${'['.repeat(30_000)}`, headers: json }],
    ['a name twice', { body: '{"clientid":"c1","clientid":"c1","topic":"t","acc":1}', headers: json }],
    ['a name twice in a form', { body: 'clientid=c1&clientid=c2&client_id=c1&client_id=c2&username=dev1' }],
    ['a prototype', { body: '{"__proto__":{"clientid":"c1"}}', headers: json }],
    [
      'members that are no text',
      { body: { clientid: 1, client_id: {}, username: [], password: {}, topic: 7, acc: {} } },
    ],
    ['a client id that is a list', { body: 'clientid[]=c1&client_id[]=c1&username=dev1' }],
    [
      'no client id',
      { body: { username: 'dev1', password: 'a.b.c', topic: 'up/c1/t', acc: 2, action: 'publish' } },
    ],
    ['an empty client id', { body: { clientid: '', client_id: '', username: 'dev1', topic: 't', acc: 2 } }],
    ['a NUL', { body: { clientid: 'c1\0', client_id: 'c1\0', username: 'dev1', topic: 'up\0', acc: 2 } }],
    [
      'half a surrogate',
      { body: '{"clientid":"\\ud800","client_id":"\\ud800","topic":"t","acc":2}', headers: json },
    ],
    ['a user name of 64 KiB', { body: { clientid: 'c2', client_id: 'c2', username: long } }],
    [
      'bytes that are no UTF-8',
      { body: Buffer.from('7b22636c69656e746964223a22ff227d', 'hex'), headers: json },
    ],
    ['an escape that is none', { body: 'clientid=%ff&client_id=%ff&topic=%zz' }],
    ['another type', { body: '<a/>', headers: { 'content-type': 'text/xml' } }],
    ['a body of 1 MiB', { body: { clientid: 'x'.repeat(2 ** 20) } }],
    ['a form of 1 MiB', { body: `clientid=${'x'.repeat(2 ** 20)}` }],
    ['gzip', { body: Buffer.from('1f8b0800', 'hex'), headers: { ...json, 'content-encoding': 'gzip' } }],
    ['another method', { method: 'PUT', body: { clientid: 'c1' } }],
    ['GET', { method: 'GET' }],
  ];
}
