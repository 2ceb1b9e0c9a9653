// guard.cors.origins in a real Chromium: a page of a named origin calls the guard and reads every answer; any other page
// reads nothing, and what needs a preflight never reaches the broker.
import { describe, expect, it } from 'vitest';
import { lacksChromium, startSite } from '../support/chromium.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { BROKERS, PUBLISH, startPair } from '../support/pair.ts';

if (lacksChromium) console.warn('SKIPPED: pages in a browser need the package chromium');

/** What the page makes of a call: all that it may read, or the browser's own error. */
const CALL = `
const call = async (url, options) => {
  try {
    const answer = await fetch(url, options);
    const text = await answer.text();
    return { status: answer.status, id: answer.headers.has('x-request-id'), reason: JSON.parse(text).reason };
  } catch (error) {
    return error.name;
  }
};`;

async function callFrom(who: 'named' | 'other') {
  const [named, other] = [await startSite(), await startSite()];
  const pair = await startPair({ guard: `cors.origins = ["${named.origin}"]` });
  const base = `http://127.0.0.1:${pair.guard.port}`;
  const authorization = `Bearer ${pair.token}`;
  const foreign = `Bearer ${mintToken(makeIssuer())}`;
  const results = await (who === 'named' ? named : other).run(`${CALL}
    const json = { 'content-type': 'application/json' };
    const body = JSON.stringify({ topic: 'a', payload: 'b' });
    return {
      read: await call('${base}${BROKERS}', { headers: { authorization: '${authorization}' } }),
      publish: await call('${base}${PUBLISH}', { method: 'POST', body, headers: { ...json, authorization: '${authorization}' } }),
      refused: await call('${base}${BROKERS}', { headers: { authorization: '${foreign}' } }),
      simple: await call('${base}${BROKERS}'),
      withCookies: await call('${base}${BROKERS}', { credentials: 'include' }),
    };`);
  return { pair, results };
}

describe.skipIf(lacksChromium)('a page in Chromium', () => {
  it('of a named origin reads answers and refusals, and cookies stay out', async () => {
    const { pair, results } = await callFrom('named');
    expect(results).toEqual({
      read: { status: 200, id: true },
      publish: { status: 200, id: true },
      refused: { status: 401, id: true, reason: 'token_rejected' },
      simple: { status: 401, id: true, reason: 'token_missing' },
      withCookies: 'TypeError',
    });
    const lines = pair.upstream.requests.map(({ requestLine }) => requestLine);
    expect(lines).toEqual([`GET ${BROKERS} HTTP/1.1`, `POST ${PUBLISH} HTTP/1.1`]);
    const { records } = pair.guard;
    // The preflight of one path and method is remembered by the browser.
    expect(records.filter(({ action }) => action === 'cors.preflight').length).toBe(2);
    expect(records.length).toBe(2 + 5);
  });

  it('of another origin reads nothing, and only what needs no preflight arrives', async () => {
    const { pair, results } = await callFrom('other');
    const nothing = 'TypeError';
    expect(results).toEqual({
      read: nothing,
      publish: nothing,
      refused: nothing,
      simple: nothing,
      withCookies: nothing,
    });
    expect(pair.upstream.requests).toEqual([]);
    expect(new Set(pair.guard.records.map(({ method, reason }) => `${method} ${reason}`))).toEqual(
      new Set(['OPTIONS method_not_allowed', 'GET token_missing']),
    );
  });
});
