// Which rules of the guard a broker's semantics switch off; docs/mqtt.md has the same list.
import { describe, expect, it } from 'vitest';
import { CLOCK, HEADER, HMAC, openBlock, sign, signInput, signTexts } from '../support/mqtt-guard.ts';

const blockOf = (mode: string) => `${mode}, authentication { ${HMAC} }`;
const LEGACY = blockOf('semantics = emqx, security_profile = legacy');
const HARDENED = blockOf('semantics = emqx');
const STRICT = blockOf('semantics = strict');

const encode = (text: string) => Buffer.from(text).toString('base64url');
const payload = JSON.stringify({ exp: CLOCK + 3600, x: '?' });
const plain = signTexts(HEADER, payload);
const [header = '', segment = '', signature = ''] = plain.split('.');
const detached = `${encode('{"alg":"HS256","b64":false,"crit":["b64"]}')}.${payload}`;

/** The same bytes with other unused bits at the end. */
function withStrayBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(text.at(-1) as string);
  return text.slice(0, -1) + alphabet[last + 1];
}

describe('the form of a token', () => {
  it.each([
    ['as it is', plain, 'allow'],
    ['with padding', `${header}.${segment}=.${signature}`, 'allow'],
    ['with stray bits in its signature', `${header}.${segment}.${withStrayBits(signature)}`, 'allow'],
    ['with crit', signTexts('{"alg":"HS256","crit":["x"],"x":1}', payload), 'allow'],
    ['with its payload not encoded', signInput(detached), 'allow'],
    ['with a member twice in its header', signTexts('{"alg":"HS256","alg":"none"}', payload), 'allow'],
    [
      'with a member twice in its header, the other way round',
      signTexts('{"alg":"none","alg":"HS256"}', payload),
      'deny',
    ],
    ['with exp twice, the last one good', signTexts(HEADER, `{"exp":1,"exp":${CLOCK + 9}}`), 'allow'],
    ['with exp twice, the first one good', signTexts(HEADER, `{"exp":${CLOCK + 9},"exp":1}`), 'deny'],
    [
      'with the other alphabet',
      plain
        .replaceAll('-', '+')
        .replaceAll('_', '/')
        .replace(segment, `${segment.slice(0, -1)}+`),
      'deny',
    ],
  ])('%s', async (what, token, emqx) => {
    for (const block of [LEGACY, HARDENED]) {
      expect(await openBlock(block).ask({ password: token })).toMatch(new RegExp(`^${emqx}`));
    }
    expect(await openBlock(STRICT).ask({ password: token })).toMatch(
      what === 'as it is' ? /^allow/ : /^deny/,
    );
  });
});

describe('numbers and flags', () => {
  it.each([
    ['{"exp":"+1750003600"}', 'allow', 'deny'],
    ['{"exp":"1750003600.5"}', 'deny', 'deny'],
    ['{"exp":1750003600.0}', 'deny', 'allow'],
    ['{"exp":1750003600,"nbf":"1750000000"}', 'allow', 'allow'],
    ['{"exp":1750003600,"client_attrs":5}', 'deny', 'deny'],
    ['{"exp":1750003600,"client_attrs":{"a":5}}', 'deny', 'deny'],
  ])('%s: EMQX %s, the guard %s', async (claims, emqx, strict) => {
    const token = signTexts(HEADER, claims);
    for (const block of [LEGACY, HARDENED]) {
      expect(await openBlock(block).ask({ password: token })).toMatch(new RegExp(`^${emqx}`));
    }
    expect(await openBlock(STRICT).ask({ password: token })).toMatch(new RegExp(`^${strict}`));
  });

  it.each([
    ['true', true],
    ['"true"', true],
    ['"+2"', true],
    ['1', true],
    ['1.0', false],
    ['"TRUE"', false],
    ['"0"', false],
  ])('is_superuser %s counts to EMQX: %s', async (written, counts) => {
    const token = signTexts(HEADER, `{"exp":1750003600,"is_superuser":${written},"acl":{}}`);
    const ask = (block: string) => openBlock(block).ask({ password: token, action: 'publish', topic: 'a' });
    expect(await ask(HARDENED)).toBe(counts ? 'allow superuser' : 'deny not_covered');
    expect(await ask(STRICT)).toBe(written === 'true' ? 'allow superuser' : 'deny not_covered');
  });

  it('a superuser is not free from the end of the token', async () => {
    const { guard, setClock } = openBlock(STRICT);
    const password = sign({ is_superuser: true });
    const answer = await guard.connect({ clientId: 'c', username: undefined, password, peerHost: undefined });
    if (!answer.allowed) throw new Error('refused');
    const question = { action: 'publish', topic: 'a', qos: 0, retain: false } as const;
    expect(guard.authorize(answer.login, question).reason).toBe('superuser');
    setClock(CLOCK + 3600);
    expect(guard.authorize(answer.login, question)).toMatchObject({
      allowed: false,
      reason: 'token_expired',
    });
  });
});

describe('placeholders', () => {
  const publish = (topic: string, claims: object, connect: object = {}) => ({
    password: sign(claims),
    action: 'publish',
    topic,
    ...connect,
  });
  const rule = (permission: string, ...topics: string[]) => ({ permission, action: 'all', topics });
  const d = `d/\${clientid}`;

  it.each([
    ['a value with a wildcard', { acl: { pub: [d] }, clientid: '#' }, 'd/x'],
    ['a value with a slash', { acl: { pub: [`${d}/#`] }, clientid: 'a/b' }, 'd/a/b/c'],
    ['an empty value', { acl: { pub: [`${d}/#`] }, clientid: '' }, 'd//x'],
    ['a value that is no text', { acl: { pub: [`${d}/#`] }, clientid: 5 }, 'd/5/x'],
    [
      'a value that opens the topics of the broker',
      { acl: { pub: [`\${clientid}/#`] }, clientid: '$SYS' },
      '$SYS/x',
    ],
    ['a certificate nobody has seen', { acl: { pub: [`\${cert_common_name}/#`] } }, '/x'],
  ])('%s allows nothing', async (_, claims, topic) => {
    expect(await openBlock(STRICT).ask(publish(topic, claims))).toBe('deny not_covered');
  });

  it('such a value makes a deny rule one about every topic', async () => {
    const acl = [rule('deny', d), rule('allow', '#')];
    expect(await openBlock(STRICT).ask(publish('x', { acl, clientid: 'a/+' }))).toBe('deny deny_rule');
    expect(await openBlock(STRICT).ask(publish('x', { acl, clientid: 'a' }))).toBe('allow covered');
  });

  it('a value is never read as a template', async () => {
    const claims = { acl: { pub: [d] }, clientid: `\${username}`, username: 'root' };
    expect(await openBlock(STRICT).ask(publish('d/root', claims))).toBe('deny not_covered');
  });

  it('a dollar sign has a spelling of its own, in a filter with a placeholder', async () => {
    const claims = { acl: { pub: [`\${$}x/\${clientid}`, `a/\${$}`] }, clientid: 'c1' };
    const { ask } = openBlock(STRICT);
    expect(await ask(publish('$x/c1', claims))).toBe('allow covered');
    expect(await ask(publish(`a/\${$}`, claims))).toBe('allow covered');
    expect(await ask(publish('a/$', claims))).toBe('deny not_covered');
  });

  it.each([
    [{ verify_claims: `{ sub = "\${clientid}" }` }, 'allow covered'],
    [{ verify_claims: `{ sub = "dev-\${clientid}" }` }, 'deny claim_invalid'],
    [{ verify_claims: `{ sub = "\${clientid}\${username}" }` }, 'deny claim_invalid'],
    [{ verify_claims: '{ sub = c1 }' }, 'deny claim_missing'],
  ])('%j ties the client id to the token: %s', async ({ verify_claims }, expected) => {
    const { ask } = openBlock(`authentication { ${HMAC}, verify_claims = ${verify_claims} }`);
    expect(await ask(publish('d/c1', { acl: { pub: [d] }, sub: 'c1' }))).toBe(expected);
  });

  it('EMQX takes what the client says of itself, and a missing name as a word', async () => {
    const acl = { pub: [`u/\${username}`] };
    for (const block of [LEGACY, HARDENED]) {
      const { ask } = openBlock(block);
      expect(await ask(publish('u/u1', { acl }))).toBe('allow covered');
      expect(await ask(publish('u/undefined', { acl }, { username: null }))).toBe('allow covered');
    }
  });

  it('a value that EMQX does not fill in ends a rule (legacy) or denies (hardened)', async () => {
    const acl = [rule('allow', 'first', d, 'last'), rule('allow', 'other')];
    const ask = (block: string, topic: string) =>
      openBlock(block).ask(publish(topic, { acl }, { clientid: '#' }));
    expect(await ask(LEGACY, 'first')).toBe('allow covered');
    expect(await ask(LEGACY, 'last')).toBe('deny not_covered');
    expect(await ask(LEGACY, 'other')).toBe('allow covered');
    expect(await ask(HARDENED, 'first')).toBe('allow covered');
    expect(await ask(HARDENED, 'other')).toBe('deny deny_rule');
  });

  it('clientid_override is the client id of EMQX’s rules, and a verified one to the guard', async () => {
    const claims = { acl: { pub: [d] }, clientid_override: 'given' };
    for (const block of [LEGACY, HARDENED, STRICT]) {
      expect(await openBlock(block).ask(publish('d/given', claims))).toBe('allow covered');
    }
  });
});

describe('what no rule decides', () => {
  const publish = (claims: object) => ({ password: sign(claims), action: 'publish', topic: 'a' });

  it('no_match decides, but never of a list of what is allowed', async () => {
    const open = openBlock(`no_match = allow, authentication { ${HMAC} }`);
    expect(await open.ask(publish({}))).toBe('allow acl_missing');
    expect(await open.ask(publish({ acl: [] }))).toBe('allow not_covered');
    expect(await open.ask(publish({ acl: {} }))).toBe('deny not_covered');
    expect(await open.ask({ ...publish({ acl: [] }), topic: 'a/+' })).toBe('deny topic_invalid');
  });

  it('a list that is no list of texts refuses the login; in EMQX it is the topic that fares differently', async () => {
    const claims = { acl: { pub: 'a', all: ['b'] } };
    const allowing = (mode: string) => openBlock(`${mode}, no_match = allow, authentication { ${HMAC} }`);
    expect(await allowing('semantics = strict').ask(publish(claims))).toBe('deny claim_invalid');
    expect(await allowing('semantics = emqx').ask(publish(claims))).toBe('deny deny_rule');
    expect(await allowing('semantics = emqx, security_profile = legacy').ask(publish(claims))).toBe(
      'allow not_covered',
    );
  });
});

describe('the chain', () => {
  const second = `{ ${HMAC.replace('a-secret', 'b-secret')} }`;
  const chain = (mode: string) => openBlock(`${mode}, authentication = [{ ${HMAC} }, ${second}]`);
  const token = signTexts(HEADER, `{"exp":${CLOCK + 9}}`, 'b-secret-of-an-ordinary-length');

  it('a signature that is not good ends it, but in EMQX’s legacy profile', async () => {
    expect(await chain('semantics = strict').ask({ password: token })).toBe('deny signature_invalid');
    expect(await chain('semantics = emqx').ask({ password: token })).toBe('deny signature_invalid');
    expect(await chain('semantics = emqx, security_profile = legacy').ask({ password: token })).toBe(
      'allow valid',
    );
  });

  it('an entry that is switched off is not there', async () => {
    const { ask } = openBlock(`authentication = [{ ${HMAC}, enable = false }, ${second}]`);
    expect(await ask({ password: token })).toBe('allow valid');
  });
});
