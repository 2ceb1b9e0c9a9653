// `guard.mqtt`: EMQX's and amqtt's own blocks, and what is said where one is wrong.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { SettingsFailure } from '../../src/failure.ts';
import { makeIssuer } from '../support/issuers.ts';
import { makeWorkspace } from '../support/workspace.ts';

const OPS = makeIssuer();

function load(mqtt: string, guard = '') {
  const directory = makeWorkspace({
    'nanomq.conf': `guard {\n${guard}\nmqtt {\n${mqtt}\n}\n}`,
    'keys.pem': OPS.publicPem,
    'private.pem': OPS.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  });
  return loadSettings(join(directory, 'nanomq.conf'));
}

function problemsOf(mqtt: string, guard = ''): string[] {
  try {
    load(mqtt, guard);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsFailure)) throw error;
    return error.problems.map(({ line, message }) => `${line}: ${message}`);
  }
}

/** As EMQX's dashboard and documents write it. */
const PASTED = `authentication = [
  {
    mechanism = jwt
    from = password
    algorithm = "hmac-based"
    secret = "emqxsecret"
    secret_base64_encoded = false
    use_jwks = false
    verify_claims { username = "\${username}" }
    disconnect_after_expire = true
    acl_claim_name = acl
    enable = true
  }
  {
    mechanism = jwt
    use_jwks = true
    endpoint = "https://keys.example:8443/jwks"
    refresh_interval = 60
    pool_size = 8
    max_fail_count = 5
    headers { accept = "application/json", authorization = "Bearer x" }
    ssl { enable = true, verify = verify_peer, cacertfile = "ca.pem", depth = 10, versions = ["tlsv1.3"] }
    verify_claims = [{ name = sub, value = "\${clientid}" }]
  }
]`;

describe('guard.mqtt.authentication', () => {
  it('takes EMQX’s block as it is pasted, and says which of its names do nothing', () => {
    const { mqtt, warnings } = load(PASTED);
    expect(mqtt.authentication).toMatchObject([
      {
        mechanism: 'jwt',
        keys: { kind: 'secret', base64: Buffer.from('emqxsecret').toString('base64') },
        verifyClaims: [{ name: 'username', value: `\${username}` }],
        requireExp: true,
      },
      {
        keys: {
          kind: 'jwks',
          endpoint: 'https://keys.example:8443/jwks',
          refreshIntervalMs: 60_000,
          headers: { accept: 'application/json', authorization: 'Bearer x' },
          tls: { isVerified: true, caFile: expect.stringMatching(/^\/.*\/ca\.pem$/) },
        },
        verifyClaims: [{ name: 'sub', value: `\${clientid}` }],
      },
    ]);
    const idle = warnings.filter(({ message }) => message.includes('no meaning'));
    expect(idle).toHaveLength(4);
  });

  it('takes a key as text, and as a file beside the settings', () => {
    const entry = (key: string) =>
      `authentication { mechanism = jwt, algorithm = public-key, public_key = ${key} }`;
    for (const key of [`"""${OPS.publicPem}"""`, 'keys.pem']) {
      expect(load(entry(key)).mqtt.authentication).toMatchObject([
        { keys: { kind: 'pem', text: OPS.publicPem } },
      ]);
    }
    expect(problemsOf(entry('private.pem'))).toEqual([
      '4: guard.mqtt.authentication.public_key holds a private key: name the public half',
    ]);
    expect(problemsOf(entry('nothing.pem'))).toEqual([
      '4: guard.mqtt.authentication.public_key is neither PEM text nor a file that can be read (ENOENT)',
    ]);
  });

  it('says every problem at once, each with its line', () => {
    const problems = problemsOf(`semantics = strikt
      no_match = maybe
      authentication = [
        { mechanism = jwt, algorithm = hmac-based, secrett = x }
        { mechanism = amqtt-jwt, secret_key = x, algorithm = ES521, user_claim = a, publish_claim = b, subscribe_claim = c }
        { mechanism = jtw }
        5
      ]`);
    expect(problems).toEqual([
      '4: guard.mqtt.semantics must be one of strict, emqx, amqtt',
      '5: guard.mqtt.no_match must be one of deny, allow',
      '7: guard.mqtt.authentication.secret is missing',
      '7: guard.mqtt.authentication.secrett is unknown; did you mean secret?',
      '8: guard.mqtt.authentication.receive_claim is missing',
      expect.stringMatching(/^8: guard\.mqtt\.authentication\.algorithm must be one of .*; ES512 is meant$/),
      '9: guard.mqtt.authentication.mechanism must be one of jwt, amqtt-jwt, keys-dir',
      '10: guard.mqtt.authentication must be a block, { NAME = VALUE }',
    ]);
  });

  const jwt = (rest: string) => `authentication { mechanism = jwt, ${rest} }`;

  it.each([
    [jwt('algorithm = hmac-based, secret = x, public_key = y'), 'public_key is unknown'],
    [jwt('algorithm = hmac-based, secret = ""'), 'secret must not be empty'],
    [jwt('algorithm = hmac-based, secret = 1.10'), 'secret must be a text: put it in quotes'],
    [jwt('algorithm = hmac-based, secret = "x!", secret_base64_encoded = true'), 'secret is no base64'],
    [jwt('algorithm = hmac-based, secret = x, from = clientid'), 'from must be one of password, username'],
    [jwt('algorithm = hmac-based, secret = x, verify_claims { n = 5 }'), 'verify_claims must be a map'],
    [
      jwt(
        'algorithm = hmac-based, secret = x, verify_claims = [{ name = a, value = b }, { name = a, value = c }]',
      ),
      'verify_claims names a twice',
    ],
    [
      jwt('algorithm = hmac-based, secret = x, precondition = "str_eq(usrname, x)"'),
      'precondition asks for usrname',
    ],
    [
      jwt('algorithm = hmac-based, secret = x, precondition = "rand()"'),
      'precondition calls rand; known here: str_eq',
    ],
    [jwt('endpoint = "ftp://x"'), 'endpoint must be a URL'],
    [jwt('endpoint = "http://keys.example/"'), 'endpoint is asked without TLS that is checked'],
    [
      jwt('endpoint = "https://keys.example/", ssl { enable = true, verify = verify_none }'),
      'without TLS that is checked',
    ],
    [
      jwt('endpoint = "https://keys.example/", ssl { cacert = x }'),
      'ssl.cacert is unknown; did you mean cacertfile?',
    ],
    [jwt('endpoint = "https://keys.example/", refresh_interval = soon'), 'refresh_interval must be'],
    [jwt('use_jwks = true'), 'endpoint is missing'],
    ['authentication = []', 'authentication must name at least one'],
    ['security_profile = legacy', 'security_profile goes with semantics = emqx only'],
    [
      'semantics = amqtt, authentication { mechanism = jwt, algorithm = hmac-based, secret = x }',
      'has no answers of amqtt',
    ],
  ])('%s is refused', (mqtt, what) => {
    expect(problemsOf(mqtt).join('\n')).toContain(what);
  });

  it('keys may come over what others can change where that is said out loud', () => {
    const entry = jwt('endpoint = "http://keys.example/"');
    expect(problemsOf(entry, 'insecure_jwks_endpoint = true')).toEqual([]);
    expect(load(entry, 'insecure_jwks_endpoint = true').warnings).toContainEqual(
      expect.objectContaining({ message: 'guard.insecure_jwks_endpoint is on' }),
    );
  });
});
