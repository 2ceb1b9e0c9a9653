// The one real request of each kind a contestant must answer rightly before any of its figures counts.
// Knows the expected statuses; knows no figures.
import { fetchOnce } from './launch.mjs';

const PATH = '/api/v4/brokers';
const BODY_BYTES = 600;

/**
 * @param {import('./launch.mjs').Instance} instance @param {import('./tokens.mjs').TokenStore} tokens
 * @returns {Promise<string | undefined>} what is wrong, in one sentence
 */
export async function findWrongAnswer(instance, tokens) {
  const url = `http://127.0.0.1:${instance.port}${PATH}`;
  /** @param {string} file */
  const ask = (file) => fetchOnce(url, { headers: { authorization: `Bearer ${tokens.first(file)}` } });
  const good = await ask('one');
  if (good.status !== 200 || good.bodyBytes !== BODY_BYTES) {
    return `answers a good token with ${good.status} and ${good.bodyBytes} bytes`;
  }
  if (instance.contestant.checks === 'no') return undefined;
  for (const file of ['expired', 'bad-signature', 'unknown-issuer']) {
    const { status } = await ask(file);
    if (status !== 401) return `answers a token that is refused (${file}) with ${status}`;
  }
  const { status } = await fetchOnce(url);
  return status === 401 ? undefined : `answers a request without a token with ${status}`;
}
