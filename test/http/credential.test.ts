// RFC 6750 §2.1: one token, in one Authorization field, and nowhere else.
import { describe, expect, it } from 'vitest';
import { BROKERS, buildHead, startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

describe('takes the token', () => {
  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('after the scheme written %s', async (scheme) => {
    const pair = await startPair();
    const answer = await pair.send(buildHead('GET', BROKERS, [`Authorization: ${scheme} ${pair.token}`]));
    expect(answer.status).toBe(200);
  });

  it('after several blanks', async () => {
    const pair = await startPair();
    const answer = await pair.send(buildHead('GET', BROKERS, [`aUTHORIZATION:   Bearer   ${pair.token}  `]));
    expect(answer.status).toBe(200);
  });
});

describe('finds no token in', () => {
  it.each([
    ['an empty field', 'Authorization:'],
    ['the scheme alone', 'Authorization: Bearer'],
  ])('%s', async (_, line) => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.send(buildHead('GET', BROKERS, [line])), 'token_missing');
  });

  it.each(['Cookie: token=', 'X-Auth-Token: ', 'Proxy-Authorization: Bearer ', 'X_Authorization: Bearer '])(
    'another header, %s',
    async (line) => {
      const pair = await startPair();
      const answer = await pair.send(buildHead('GET', BROKERS, [line + pair.token]));
      await expectRefusal(pair, answer, 'token_missing');
    },
  );

  it.each(['token', 'access_token'])('the query, as %s', async (name) => {
    const pair = await startPair();
    const answer = await pair.send(buildHead('GET', `${BROKERS}?${name}=${pair.token}`));
    await expectRefusal(pair, answer, 'token_missing');
  });

  it('the body, as a form', async () => {
    const pair = await startPair();
    const body = `access_token=${pair.token}`;
    const lines = ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`];
    const answer = await pair.send(buildHead('POST', '/api/v4/mqtt/publish', lines) + body);
    await expectRefusal(pair, answer, 'token_missing');
  });
});

describe('refuses', () => {
  it.each(['Basic YTpi', 'Digest a', 'Bearers x', 'token'])('another scheme: %s', async (value) => {
    const pair = await startPair();
    const answer = await pair.send(buildHead('GET', BROKERS, [`Authorization: ${value}`]));
    await expectRefusal(pair, answer, 'scheme_unsupported');
  });

  it('a token joined to its scheme', async () => {
    const pair = await startPair();
    const answer = await pair.send(buildHead('GET', BROKERS, [`Authorization: Bearer${pair.token}`]));
    await expectRefusal(pair, answer, 'scheme_unsupported');
  });

  it('a token behind so many blanks that remembering it would fill the memory', async () => {
    const pair = await startPair();
    const answer = await pair.send(
      buildHead('GET', BROKERS, [`Authorization: Bearer${' '.repeat(8000)}${pair.token}`]),
    );
    await expectRefusal(pair, answer, 'token_malformed');
  });

  it.each([' x', ', Basic YTpi', ','])('a token followed by %j', async (rest) => {
    const pair = await startPair();
    const answer = await pair.send(buildHead('GET', BROKERS, [pair.authorization + rest]));
    await expectRefusal(pair, answer, 'token_malformed');
  });
});

describe('tells the usual slips of the pen by what to write', () => {
  const say = async (value: (token: string) => string): Promise<string> => {
    const pair = await startPair();
    const answer = await pair.send(buildHead('GET', BROKERS, [`Authorization: ${value(pair.token)}`]));
    const { message } = JSON.parse(answer.body);
    expect(answer.headers.get('www-authenticate')).toContain(`error_description="${message}"`);
    expect(message).not.toContain(pair.token.slice(0, 20));
    return message;
  };
  it.each<[string, (token: string) => string, string]>([
    ['the word Bearer is missing', (token) => token, 'Write Bearer and a blank before the token.'],
    ['the token is in quotes', (token) => `Bearer "${token}"`, 'Send it without quotes.'],
    ['all of it is in quotes', (token) => `'Bearer ${token}'`, 'Send it without quotes.'],
    ['the word stands twice', (token) => `Bearer Bearer ${token}`, 'Write Bearer once.'],
    [
      'the word is joined to the token',
      (token) => `Bearer${token}`,
      'Send one blank between Bearer and the token.',
    ],
    [
      'a colon follows the word',
      (token) => `Bearer: ${token}`,
      'Send one blank between Bearer and the token.',
    ],
    ['a tab follows the word', (token) => `Bearer\t${token}`, 'Send one blank between Bearer and the token.'],
  ])('%s', async (_, value, advice) => expect(await say(value)).toMatch(new RegExp(`${advice}$`)));
});
