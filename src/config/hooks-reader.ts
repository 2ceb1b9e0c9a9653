// `guard.mqtt.hooks { }`: which brokers may ask about their clients over HTTP, and how they prove who they are. A block a
// broker; the door of a broker without one does not exist.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Problem } from '../failure.ts';
import { formatSize, readWhole, UnreadableFile } from '../files/read.ts';
import { parseBlock } from './block.ts';
import { HOOK_NAMES, type HookName, type HookSettings, type HooksSettings } from './hooks.ts';

import { suggestName } from './nearest.ts';
import { type FindPlace, problemAt, toProblems } from './problems.ts';
import type { Locate } from './settings.ts';
import { flag, listOf, network, oneOf, span, text, wholeNumber } from './values.ts';

/** Brokers with a call that ends one client's connection. */
const ENDING: readonly HookName[] = ['emqx', 'rabbitmq', 'vernemq'];

const MEMBERS = {
  enable: flag.prefault(true),
  secret_file: text.optional(),
  sources: listOf(network).optional(),
  sessions: wholeNumber(1, 10_000_000).prefault(100_000),
  end_sessions: flag.prefault(false),
};

const plain = z.strictObject(MEMBERS);
const SCHEMAS = {
  nanomq: z.strictObject({ ...MEMBERS, presence: oneOf('deny', 'allow').prefault('deny') }),
  vernemq: z.strictObject({ ...MEMBERS, cache: span.prefault('1s') }),
};

export interface HooksReading {
  readonly settings: HooksSettings;
  readonly problems: readonly Problem[];
}

interface Source {
  readonly find: FindPlace;
  readonly locate: Locate;
  /** `guard.upstream.profile` */
  readonly profile: string;
}

const PATH = ['guard', 'mqtt', 'hooks'];

export function readHooks(written: unknown, source: Source): HooksReading {
  if (written === undefined || written === null) return { settings: {}, problems: [] };
  if (typeof written !== 'object' || Array.isArray(written))
    return { settings: {}, problems: [problemAt(PATH, 'must be a block { NAME { } }', source.find)] };
  const problems: Problem[] = [];
  const settings: Partial<Record<HookName, HookSettings>> = {};
  for (const [name, block] of Object.entries(written)) {
    const known = HOOK_NAMES.find((one) => one === name);
    if (known === undefined) {
      const what = `is unknown${suggestName(HOOK_NAMES, name)}`;
      problems.push(problemAt([...PATH, name], what, source.find));
      continue;
    }
    const hook = readHook(known, block, source, problems);
    if (hook !== undefined) settings[known] = hook;
  }
  return { settings, problems };
}

function readHook(
  name: HookName,
  block: unknown,
  source: Source,
  problems: Problem[],
): HookSettings | undefined {
  const path = [...PATH, name];
  const schema = name === 'nanomq' || name === 'vernemq' ? SCHEMAS[name] : plain;
  const { data, issues } = parseBlock(schema as typeof plain, block ?? {});
  problems.push(...toProblems(path, issues, source.find, schema));
  const refuse = (member: string, what: string) =>
    void problems.push(problemAt([...path, member], what, source.find));
  if (data.sources !== undefined && data.secret_file === undefined)
    refuse('sources', 'needs secret_file beside it: an address alone proves nothing');
  if (data.end_sessions) judgeEnding(name, source.profile, refuse);
  const secretDigest =
    data.secret_file === undefined
      ? undefined
      : readSecret([...path, 'secret_file'], data.secret_file, source, refuse);
  if (!data.enable) return undefined;
  const { cache = 0, presence } = data as { cache?: number; presence?: string };
  return {
    secretDigest,
    sources: data.sources ?? [],
    sessions: data.sessions,
    endSessions: data.end_sessions,
    cacheMs: cache,
    tellsPresence: presence === 'allow',
  };
}

type Refuse = (member: string, what: string) => void;

function judgeEnding(name: HookName, profile: string, refuse: Refuse): void {
  if (!ENDING.includes(name))
    refuse('end_sessions', `is for ${ENDING.join(', ')}: this broker has no call that ends a connection`);
  else if (profile !== name)
    refuse(
      'end_sessions',
      `needs guard.upstream to be that broker's management API, with guard.upstream.profile = ${name}`,
    );
}

/** It may stand in a path, and nobody shall guess it. */
const SECRET = /^[A-Za-z0-9._~-]{16,128}$/;
const MAX_SECRET_FILE = 1024;

function readSecret(path: string[], file: string, { locate }: Source, refuse: Refuse): string | undefined {
  const place = locate(path.join('.'), file);
  try {
    const secret = readWhole(place, { maxBytes: MAX_SECRET_FILE }).toString('latin1').trim();
    if (SECRET.test(secret)) return createHash('sha256').update(secret).digest('base64');
    refuse('secret_file', SECRET_ADVICE);
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    refuse('secret_file', `cannot be read (${error.message}): ${place}`);
  }
  return undefined;
}

const SECRET_ADVICE = `must hold one secret of 16 to 128 letters, digits and . _ ~ - in at most ${formatSize(MAX_SECRET_FILE)}, such as openssl rand -hex 32 writes`;
