// The doors for brokers' hooks on a real socket, with a clock of the tests' own: settings from a file, one issuer, the service
// listener's own frame.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { onTestFinished } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import type { Core } from '../../src/core.ts';
import { createServiceApp } from '../../src/endpoints/service.ts';
import { Hooks } from '../../src/hooks/hooks.ts';
import { type MqttGuard, openMqttGuard } from '../../src/mqtt/mqtt-guard.ts';
import type { Observation } from '../../src/observe/observation.ts';
import { createRecorder } from '../../src/observe/recorder.ts';
import { type Issuer, makeIssuer, mintToken } from './issuers.ts';
import { listenOnLoopback } from './loopback.ts';
import { makePolicy } from './policy.ts';
import { NOTHING_REVOKED } from './revocations.ts';
import { makeWorkspace } from './workspace.ts';

export const OPS = makeIssuer();
export const SECRET = 'a-secret-of-the-hook-0123456789';

export interface Question {
  readonly path: string;
  /** An object is JSON, a text a form; bytes are sent as they are. */
  readonly body?: object | string | Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

export interface Answer {
  readonly status: number;
  readonly type: string | null;
  /** Parsed where it is JSON. */
  readonly body: unknown;
  readonly headers: Headers;
}

export interface HooksOptions {
  /** What stands in `guard.mqtt.hooks { }`. */
  readonly hooks: string;
  /** What else stands in `guard.mqtt { }`. */
  readonly mqtt?: string;
  /** What else stands in `guard { }`. */
  readonly guard?: string;
  /** In the place of the guard by the settings. */
  readonly judge?: MqttGuard;
  readonly clock?: () => number;
}

export async function startHooks({ hooks: block, mqtt = '', guard: more = '', judge, clock }: HooksOptions) {
  const text = `guard { ${more}\n mqtt { ${mqtt}\n hooks {\n${block}\n} } }`;
  const directory = makeWorkspace({ 'keys/x': '', secret: `${SECRET}\n`, 'nanomq.conf': text });
  const settings = loadSettings(join(directory, 'nanomq.conf'));
  let nowMs = Date.now();
  const now = clock ?? (() => nowMs);
  let issuer: Issuer | undefined = OPS;
  const thumbprint = await calculateJwkThumbprint(await exportJWK(OPS.publicKey));
  const filed = { name: 'ops.pub', usable: true, keys: [{ key: OPS.publicKey, thumbprint }] } as const;
  const judged =
    judge ??
    openMqttGuard({
      settings: settings.mqtt,
      token: settings.token,
      policy: makePolicy(),
      revocations: NOTHING_REVOKED,
      lookup: (name) => (issuer !== undefined && name === 'ops.pub' ? filed : undefined),
      now,
      report: () => undefined,
    });
  const seen: Observation[] = [];
  const lines: string[] = [];
  const recorder = createRecorder({
    observers: [(one) => void seen.push(one)],
    now,
    tick: () => performance.now(),
  });
  const say = (line: string) => void lines.push(line);
  const hooks = new Hooks({ guard: () => judged, settings: () => settings, recorder, say });
  const app = createServiceApp({
    recorder: createRecorder({ observers: [], now, tick: () => performance.now() }),
    say,
    readiness: async () => ({ ready: true, usable_issuers: 1, upstream: 'ok' }) as never,
    metrics: async () => '',
    core: () => ({}) as Core,
    settings: () => settings,
    addRoutes: (router) => hooks.addRoutes(router),
  });
  const server = createServer(app.callback());
  const port = await listenOnLoopback(server);
  onTestFinished(() => {
    judged.close();
    server.closeAllConnections();
    server.close();
  });
  return {
    port,
    hooks,
    settings,
    seen,
    lines,
    judged,
    recorder,
    pass: (seconds: number) => {
      nowMs += seconds * 1000;
    },
    removeKey: () => {
      issuer = undefined;
    },
    /** Of the issuer ops.pub, by the clock of these doors. */
    mint: (claims: Record<string, unknown> = {}) => {
      const seconds = Math.floor(now() / 1000);
      return mintToken(OPS, { iat: seconds, exp: seconds + 3600, ...claims });
    },
    ask: (question: Question) => ask(port, question),
  };
}

export type StartedHooks = Awaited<ReturnType<typeof startHooks>>;

const FORM = 'application/x-www-form-urlencoded';

export async function ask(
  port: number,
  { path, body, headers = {}, method = 'POST' }: Question,
): Promise<Answer> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array || body === undefined;
  const answer = await fetch(`http://127.0.0.1:${port}/hooks/${path}`, {
    method,
    headers: { 'content-type': isRaw ? FORM : 'application/json', ...headers },
    ...(body !== undefined && { body: isRaw ? (body as string) : JSON.stringify(body) }),
  });
  const type = answer.headers.get('content-type');
  const text = await answer.text();
  const isJson = type?.startsWith('application/json') === true;
  return { status: answer.status, type, body: isJson ? JSON.parse(text) : text, headers: answer.headers };
}
