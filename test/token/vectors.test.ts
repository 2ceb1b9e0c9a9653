// Every token case, twice: over a raw socket against a started guard whose upstream records what it is sent,
// and through jose as an independent opinion. Where the two opinions differ, a named rule explains it.
import { jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGuard, type TestGuard } from '../support/guard.ts';
import { nowSeconds } from '../support/issuers.ts';
import { sendRaw } from '../support/raw.ts';
import { type RecordingUpstream, startUpstream } from '../support/upstream.ts';
import { materialize, SERVER_KEY, SERVER_PEM, TOKEN_CASES, type TokenCase } from '../support/vectors.ts';

let upstream: RecordingUpstream;
let guard: TestGuard;

beforeAll(async () => {
  upstream = await startUpstream();
  guard = await startTestGuard({ upstreamUrl: upstream.url, keys: { 'nanomq.pub': SERVER_PEM } });
});
afterAll(async () => {
  await guard.stop();
  await upstream.close();
});

describe('the token cases over a raw socket', () => {
  it.each(TOKEN_CASES)('$id: $description -> $expect', async (testCase) => {
    const { method, path, headerLines } = materialize(testCase, nowSeconds());
    const before = upstream.requests.length;
    const answer = await sendRaw(
      guard.port,
      [`${method} ${path} HTTP/1.1`, 'Host: guard', ...headerLines, '', ''].join('\r\n'),
    );
    if (testCase.expect === 'allow') {
      expect(answer.status).toBe(200);
      expect(upstream.requests.slice(before).map((request) => request.requestLine)).toEqual([
        `${method} ${path} HTTP/1.1`,
      ]);
    } else {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(JSON.parse(answer.body)).toMatchObject({ code: expect.any(Number), reason: expect.any(String) });
      expect(upstream.requests.length).toBe(before);
    }
  });
});

/** Where jose says yes and the guard says no: the guard's own rule. */
const STRICTER: readonly (readonly [rule: string, ids: readonly string[]])[] = [
  [
    'the credential is one Authorization header with the Bearer scheme',
    [
      '04b-basic-jwt',
      '04d-token-scheme',
      '04e-jwt-scheme',
      '06d-no-space',
      '06f-trailing-comma',
      '06i-colon',
      '06m-scheme-prefix',
      '26b-query-access_token',
      '26d-cookie',
      '26e-x-auth-token',
      '27a-two-good',
      '27b-good-bad',
      '27d-basic-bearer',
      '27e-bearer-basic',
    ],
  ],
  ['base64url has no padding', ['29a-padded-all']],
  [
    'member names are not repeated (jose takes the last)',
    ['18c-dup-iss-bad-good', '18e-dup-exp-expired-valid'],
  ],
  [
    'bodyEncode is required, and is 0 or 1',
    ['24-bodyEncode-null', '24-bodyEncode-float', '24-bodyEncode-array', '24-bodyEncode-absent'],
  ],
  ['times are in seconds', ['25-exp-millis', '25-exp-int64max-plus-1', '25-exp-uint64max-plus-1']],
  ['a token has at most max_bytes', ['19-token-64KiB']],
];

describe('jose as an independent opinion', () => {
  it('refuses all that the guard refuses, but for what a named rule explains, and nothing else', async () => {
    const stricter: string[] = [];
    const lenient: string[] = [];
    for (const testCase of TOKEN_CASES.filter((candidate) => candidate.signedWith !== null)) {
      const opinion = await askJose(testCase);
      if (opinion && testCase.expect === 'deny') stricter.push(testCase.id);
      if (!opinion && testCase.expect === 'allow') lenient.push(testCase.id);
    }
    expect(new Set(stricter)).toEqual(new Set(STRICTER.flatMap(([, ids]) => ids)));
    expect(lenient).toEqual([]);
  });
});

async function askJose(testCase: TokenCase): Promise<boolean> {
  const { token } = materialize(testCase, nowSeconds());
  const options = { algorithms: ['RS256'], issuer: 'nanomq.pub', requiredClaims: ['exp', 'iat'], typ: 'JWT' };
  const { typ: _, ...withoutType } = options;
  try {
    await jwtVerify(token, SERVER_KEY, testCase.header?.includes('"typ"') ? options : withoutType);
    return true;
  } catch {
    return false;
  }
}
