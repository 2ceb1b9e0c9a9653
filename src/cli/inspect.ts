// `broker-guard inspect`: a token's parts and the verdict of every check, so that a refused token explains
// itself. The checks are the guard's own, run one by one; the last word is the guard's.
import { readFileSync } from 'node:fs';
import { type Denial, REASONS } from '../decision.ts';
import { Failure } from '../failure.ts';
import { createGuard } from '../guard.ts';
import { type KeyStore, openKeyStore } from '../keystore/store.ts';
import { FORM_CHECKS, readClaims, TIME_CHECKS } from '../token/claims.ts';
import { decodeToken, judgeHeader } from '../token/jws.ts';
import { findSigningKey, readClaimedIssuer, type TokenRules } from '../token/verify.ts';
import { readSettings, type SettingsFlags } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

interface Verdict {
  readonly check: string;
  readonly passed: boolean;
  readonly detail?: string;
}

interface Inspection {
  readonly accepted: boolean;
  readonly reason?: string;
  readonly message?: string;
  readonly header?: object;
  readonly payload?: object;
  readonly checks: readonly Verdict[];
}

export async function runInspect(
  terminal: Terminal,
  file: string,
  flags: SettingsFlags & { json?: boolean },
): Promise<ExitCode> {
  const settings = readSettings(flags);
  const token = (file === '-' ? await terminal.readInput() : readTokenFile(file))
    .trim()
    .replace(/^bearer +/i, '');
  const keys = await openKeyStore({
    directory: settings.keysDirectory,
    extraFiles: settings.extraKeyFiles,
    suffixOptional: settings.issuerSuffixOptional,
    report: () => undefined,
  });
  keys.close();
  const inspection = inspectToken(token, settings.token, keys, terminal.now);
  terminal.print(flags.json ? `${JSON.stringify(inspection, null, 2)}\n` : formatInspection(inspection));
  return inspection.accepted ? EXIT.done : EXIT.refused;
}

function readTokenFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Failure(
      'settings_unreadable',
      `${file} cannot be read (${code}); a token itself goes to standard input`,
    );
  }
}

function inspectToken(token: string, rules: TokenRules, keys: KeyStore, now: () => number): Inspection {
  const decision = createGuard({ rules, lookup: keys.lookup, now }).authenticate(token);
  const parts = runChecks(token, rules, keys, now() / 1000);
  if (decision.allowed) return { accepted: true, ...parts };
  return { accepted: false, reason: decision.reason, message: sentence(decision), ...parts };
}

/** Every check that can be run: a bad signature does not keep the claims from being looked at. */
function runChecks(token: string, rules: TokenRules, keys: KeyStore, nowSeconds: number) {
  const decoded = decodeToken(token, rules.maxTokenBytes);
  const checks: Verdict[] = [judge('three base64url parts of strict JSON', decoded)];
  if (!decoded.allowed) return { checks };
  const { claimedHeader: header, claimedPayload: payload } = decoded.value;
  const algorithm = judgeHeader(header, rules.algorithms);
  const issuer = readClaimedIssuer(payload);
  checks.push(judge('header', algorithm), judge('iss', issuer));
  if (algorithm.allowed && issuer.allowed) {
    const key = findSigningKey(decoded.value, algorithm.value, issuer.value, keys.lookup);
    const filed = keys.lookup(issuer.value);
    const unusable = filed?.usable === false ? filed.reason : undefined;
    checks.push(judge('signature', key, key.allowed ? `key ${key.value.thumbprint}` : unusable));
  }
  const forms = FORM_CHECKS.map(([claim, check]) => judge(claim, check(payload, rules)));
  checks.push(...forms);
  if (forms.every(({ passed }) => passed)) {
    const claims = readClaims(payload);
    checks.push(...TIME_CHECKS.map(([rule, check]) => judge(rule, check(claims, rules, nowSeconds))));
  }
  return { header, payload, checks };
}

function judge(
  check: string,
  outcome: { readonly allowed: true } | Denial | undefined,
  detail?: string,
): Verdict {
  const passed = outcome === undefined || outcome.allowed;
  const text = detail ?? (outcome === undefined || outcome.allowed ? undefined : sentence(outcome));
  return { check, passed, ...(text !== undefined && { detail: text }) };
}

/** The operator may read the true reason, which a caller may not. */
const TRUE_REASONS: Partial<Record<Denial['reason'], string>> = {
  issuer_unknown: 'No key file has this name.',
  key_unusable: 'The key file of this name holds no usable key.',
  signature_invalid: 'No key filed under this issuer made this signature.',
};

function sentence({ reason, detail }: Denial): string {
  return [TRUE_REASONS[reason] ?? REASONS[reason].message, detail].filter(Boolean).join(' ');
}

function formatInspection({ header, payload, checks, accepted, reason, message }: Inspection): string {
  const lines: string[] = [];
  if (header !== undefined)
    lines.push(`header   ${JSON.stringify(header)}`, `payload  ${JSON.stringify(payload)}`, '');
  lines.push(
    ...checks.map(
      ({ check, passed, detail }) => `${passed ? 'ok  ' : 'FAIL'}  ${check}${detail ? `: ${detail}` : ''}`,
    ),
  );
  lines.push('', accepted ? 'accepted' : `refused: ${reason}. ${message}`);
  return `${lines.join('\n')}\n`;
}
