// From the block `guard.mqtt { }` to its settings, with every problem and every warning at once.
import { dirname, resolve } from 'node:path';
import type { Problem } from '../failure.ts';
import { Fields } from './fields.ts';
import { type AuthenticatorSettings, KEYS_DIR_ALONE, type MqttSettings } from './mqtt.ts';
import { readAmqtt, readJwt, readKeysDir } from './mqtt-entries.ts';
import type { EntryMeans } from './mqtt-means.ts';
import type { MqttBlock } from './mqtt-schema.ts';
import { type FindPlace, problemAt } from './problems.ts';

export interface MqttReading {
  readonly settings: MqttSettings;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

export interface MqttSource {
  readonly block: MqttBlock;
  /** `guard.insecure_jwks_endpoint` */
  readonly acceptsInsecureJwks: boolean;
  readonly find: FindPlace;
  /** Where a path begins that no file says. */
  readonly baseDirectory: string;
}

const PATH = ['guard', 'mqtt'];

export function readMqtt({ block, acceptsInsecureJwks, find, baseDirectory }: MqttSource): MqttReading {
  const { semantics, security_profile: profile } = block;
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  if (profile === 'legacy' && semantics !== 'emqx') {
    problems.push(problemAt([...PATH, 'security_profile'], 'goes with semantics = emqx only', find));
  }
  if (block.allow_anonymous) {
    warnings.push(problemAt([...PATH, 'allow_anonymous'], 'is on: MQTT clients need no token', find));
  }
  const means: EntryMeans = {
    semantics,
    find,
    locate: (path, file) => resolve(dirname(find(path.split('.'))?.file ?? `${baseDirectory}/_`), file),
    warn: (fields, name, what) => warnings.push(problemAt([...fields.path, name], what, find)),
    acceptsInsecureJwks,
  };
  const settings: MqttSettings = {
    semantics,
    securityProfile: profile,
    allowAnonymous: block.allow_anonymous,
    noMatch: block.no_match,
    authentication: readEntries(block.authentication, means, problems),
  };
  return { settings, problems, warnings };
}

/** A list, or its only entry by itself, as EMQX takes it. */
function readEntries(written: unknown, means: EntryMeans, problems: Problem[]): AuthenticatorSettings[] {
  if (written === undefined || written === null) return [KEYS_DIR_ALONE];
  const path = [...PATH, 'authentication'];
  if (!Array.isArray(written)) return readEntry(new Fields(written, path, means.find), means, problems);
  if (written.length === 0) {
    problems.push(problemAt(path, 'must name at least one; leave it out for keys-dir alone', means.find));
  }
  return written.flatMap((entry, index) =>
    readEntry(new Fields(entry, [...path, String(index)], means.find), means, problems),
  );
}

const MECHANISMS = ['jwt', 'amqtt-jwt', 'keys-dir'] as const;

function readEntry(fields: Fields, means: EntryMeans, problems: Problem[]): AuthenticatorSettings[] {
  if (!fields.has('mechanism') && fields.problems.length === 0) {
    problems.push(
      problemAt(fields.path, `must say its mechanism: one of ${MECHANISMS.join(', ')}`, means.find),
    );
  }
  const mechanism = fields.oneOf('mechanism', MECHANISMS);
  const entry = mechanism === undefined ? [] : [readAs(mechanism, fields, means)];
  if (mechanism !== undefined) fields.refuseUnknown();
  problems.push(...fields.problems);
  return entry;
}

function readAs(
  mechanism: (typeof MECHANISMS)[number],
  fields: Fields,
  means: EntryMeans,
): AuthenticatorSettings {
  const { semantics } = means;
  const isForeign =
    (mechanism === 'jwt' && semantics === 'amqtt') || (mechanism === 'amqtt-jwt' && semantics === 'emqx');
  if (isForeign) fields.refuse('mechanism', `is ${mechanism}, which has no answers of ${semantics}`);
  if (mechanism === 'jwt') return readJwt(fields, means);
  return mechanism === 'amqtt-jwt' ? readAmqtt(fields, means) : readKeysDir(fields);
}
