// The entries of `guard.mqtt.authentication`, by EMQX's and amqtt's own names. Which names an entry may have depends
// on its mechanism, and in EMQX's block on where its keys come from.
import { readFileSync } from 'node:fs';
import { readBrokerPem, readPemKeys } from '../keystore/public-keys.ts';
import { compilePrecondition } from '../policy/precondition.ts';
import { ALGORITHMS, type Algorithm } from '../token/algorithms.ts';
import type { Fields } from './fields.ts';
import type { AmqttSettings, JwtSettings, KeysDirSettings, PemKeys, SecretKeys } from './mqtt.ts';
import { readJwksKeys } from './mqtt-jwks.ts';
import type { EntryMeans } from './mqtt-means.ts';

const readCommon = (fields: Fields) => ({
  enable: fields.flag('enable', true),
  precondition: readPrecondition(fields),
});

function readPrecondition(fields: Fields): string | undefined {
  const text = fields.text('precondition');
  const compiled = text === undefined || text === '' ? undefined : compilePrecondition(text);
  if (compiled === undefined) return undefined;
  return 'flaw' in compiled ? fields.refuse('precondition', compiled.flaw) : text;
}

const readPlace = (fields: Fields) => ({
  from: fields.oneOf('from', ['password', 'username']) ?? 'password',
  onMissingJwt: fields.oneOf('on_missing_jwt', ['deny', 'ignore']),
});

export function readKeysDir(fields: Fields): KeysDirSettings {
  return { mechanism: 'keys-dir', ...readCommon(fields), ...readPlace(fields) };
}

export function readJwt(fields: Fields, means: EntryMeans): JwtSettings {
  const asEmqx = means.semantics === 'emqx';
  if (asEmqx && !fields.has('use_jwks')) fields.refuse('use_jwks', 'is missing: EMQX wants it written');
  return {
    mechanism: 'jwt',
    ...readCommon(fields),
    ...readPlace(fields),
    keys: fields.flag('use_jwks', fields.has('endpoint'))
      ? readJwksKeys(fields, means)
      : readOwnKeys(fields, means),
    verifyClaims: readVerifyClaims(fields, asEmqx),
    aclClaimName: fields.has('acl_claim_name') ? fields.requiredText('acl_claim_name') : 'acl',
    disconnectAfterExpire: fields.flag('disconnect_after_expire', true),
    requireExp: fields.flag('require_exp', true),
  };
}

function readOwnKeys(fields: Fields, means: EntryMeans): SecretKeys | PemKeys {
  if (!fields.has('algorithm')) fields.refuse('algorithm', 'is missing: hmac-based or public-key');
  const algorithm = fields.oneOf('algorithm', ['hmac-based', 'public-key']);
  return algorithm === 'public-key' ? readPem(fields, means) : readSecret(fields, means);
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function readSecret(fields: Fields, { semantics }: EntryMeans): SecretKeys {
  // EMQX takes an empty secret; nobody is kept out by one.
  const secret = semantics === 'emqx' && fields.text('secret') === '' ? '' : fields.requiredText('secret');
  if (!fields.flag('secret_base64_encoded', false)) {
    return { kind: 'secret', base64: Buffer.from(secret).toString('base64') };
  }
  const packed = secret.replace(/\s/g, '');
  if (!BASE64.test(packed))
    fields.refuse('secret', 'is no base64 with padding, as secret_base64_encoded says it is');
  return { kind: 'secret', base64: packed };
}

function readPem(fields: Fields, { semantics, locate }: EntryMeans): PemKeys {
  const written = fields.requiredText('public_key');
  const text = written.includes('-----BEGIN') ? written : readKeyFile(fields, locate, written);
  if (text === undefined) return { kind: 'pem', text: '' };
  const keys = semantics === 'emqx' ? readBrokerPem(text) : readPemKeys(text);
  if ('flaw' in keys) fields.refuse('public_key', keys.flaw);
  return { kind: 'pem', text };
}

function readKeyFile(fields: Fields, locate: EntryMeans['locate'], file: string): string | undefined {
  if (file === '') return undefined;
  try {
    return readFileSync(locate([...fields.path, 'public_key'].join('.'), file), 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return fields.refuse('public_key', `is neither PEM text nor a file that can be read (${code})`);
  }
}

type Demands = JwtSettings['verifyClaims'];

/** A map, or a list of `{ name, value }`; a claim is compared as a text, so a number would never pass. */
function readVerifyClaims(fields: Fields, asEmqx: boolean): Demands {
  const value = fields.take('verify_claims') ?? {};
  const pairs = Array.isArray(value)
    ? value.map(readPair)
    : typeof value === 'object'
      ? Object.entries(value as object)
      : [undefined];
  const demands: { name: string; value: string }[] = [];
  for (const pair of pairs) {
    const [name, expected] = pair ?? [];
    if (typeof name !== 'string' || name === '' || typeof expected !== 'string') {
      fields.refuse('verify_claims', 'must be a map, or a list of { name, value }, of texts');
      return [];
    }
    if (!asEmqx && demands.some((demand) => demand.name === name)) {
      fields.refuse('verify_claims', `names ${name} twice`);
    }
    demands.push({ name, value: expected });
  }
  return demands;
}

function readPair(entry: unknown): [name: unknown, value: unknown] | undefined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return undefined;
  const { name, value } = entry as Record<string, unknown>;
  return [name, value];
}

export function readAmqtt(fields: Fields, { semantics }: EntryMeans): AmqttSettings {
  const algorithm = semantics === 'amqtt' ? takeAnyAlgorithm(fields) : readAlgorithm(fields);
  const settings: AmqttSettings = {
    mechanism: 'amqtt-jwt',
    ...readCommon(fields),
    secretKey:
      semantics === 'amqtt' && fields.text('secret_key') === '' ? '' : fields.requiredText('secret_key'),
    algorithm,
    userClaim: fields.requiredText('user_claim'),
    publishClaim: fields.requiredText('publish_claim'),
    subscribeClaim: fields.requiredText('subscribe_claim'),
    receiveClaim: fields.requiredText('receive_claim'),
    requireExp: fields.flag('require_exp', true),
  };
  if (semantics !== 'amqtt' && !algorithm.startsWith('HS') && settings.secretKey !== '') {
    const keys = readPemKeys(settings.secretKey);
    if ('flaw' in keys) fields.refuse('secret_key', `${keys.flaw}, which ${algorithm} needs`);
  }
  return settings;
}

/** amqtt does not look at it. */
function takeAnyAlgorithm(fields: Fields): Algorithm {
  fields.text('algorithm');
  return 'HS256';
}

function readAlgorithm(fields: Fields): Algorithm {
  const written = fields.text('algorithm') ?? 'HS256';
  const algorithm = ALGORITHMS.find((name) => name === written);
  const meant = written === 'ES521' ? '; ES512 is meant' : '';
  if (algorithm === undefined) fields.refuse('algorithm', `must be one of ${ALGORITHMS.join(', ')}${meant}`);
  return algorithm ?? 'HS256';
}
