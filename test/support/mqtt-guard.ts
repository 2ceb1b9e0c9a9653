// An MQTT guard from the text of its block, with HMAC tokens of any form, and a clock that stands still.

import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { explainMqtt, readQuestion } from '../../src/mqtt/explain.ts';
import { openMqttGuard } from '../../src/mqtt/mqtt-guard.ts';
import type { Revocations } from '../../src/revocation/revoked.ts';
import { makePolicy } from './policy.ts';
import { NOTHING_REVOKED } from './revocations.ts';
import { makeWorkspace } from './workspace.ts';

export const CLOCK = 1_750_000_000;
export const SECRET = 'a-secret-of-an-ordinary-length';
export const HMAC = `mechanism = jwt, use_jwks = false, algorithm = hmac-based, secret = "${SECRET}"`;

const encode = (text: string) => Buffer.from(text).toString('base64url');

/** HS256 over exactly these texts. */
export function signTexts(header: string, payload: string, secret = SECRET): string {
  return signInput(`${encode(header)}.${encode(payload)}`, secret);
}

export function signInput(input: string, secret = SECRET): string {
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

export const HEADER = '{"alg":"HS256","typ":"JWT"}';

export const sign = (claims: object): string =>
  signTexts(HEADER, JSON.stringify({ exp: CLOCK + 3600, ...claims }));

/** @param mqtt what stands in `guard.mqtt { }` */
export function openBlock(mqtt: string, revocations: Revocations = NOTHING_REVOKED) {
  const file = join(makeWorkspace({ 'keys/x': '' }), 'nanomq.conf');
  writeFileSync(file, `guard.mqtt { ${mqtt} }`);
  const settings = loadSettings(file);
  let clock = CLOCK;
  const guard = openMqttGuard({
    settings: settings.mqtt,
    token: settings.token,
    policy: makePolicy(),
    revocations,
    lookup: () => undefined,
    now: () => clock * 1000,
    report: () => undefined,
  });
  onTestFinished(() => guard.close());
  return {
    guard,
    setClock: (at: number) => {
      clock = at;
    },
    /** `allow` or `deny` with the reason. */
    async ask(members: object): Promise<string> {
      const question = readQuestion(JSON.stringify({ clientid: 'c1', username: 'u1', ...members }));
      if ('flaw' in question) throw new Error(question.flaw);
      const { decision, reason } = await explainMqtt(guard, question);
      return `${decision} ${reason}`;
    },
  };
}
