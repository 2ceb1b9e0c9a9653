// One line a request: who asked what, and what became of it. Knows how a record looks, not how one comes about.
import { type Observation, type Observer, type Outcome, outcomeOf } from '../observation.ts';

/** An audit line's members, in their order. Absent where unknown. Durations in milliseconds. */
export interface AuditRecord {
  /** Tells audit records from whatever else a log collector is fed. */
  readonly type: 'audit';
  readonly time: string;
  readonly request_id: string;
  readonly client: string | undefined;
  /** The subject of the client's certificate, where the listener asks for one. */
  readonly client_certificate: string | undefined;
  readonly issuer: string | undefined;
  /** What a token whose signature is not good says of its issuer. */
  readonly claimed_issuer: string | undefined;
  readonly subject: string | undefined;
  readonly token_id: string | undefined;
  readonly key: string | undefined;
  readonly method: string | undefined;
  /** Canonical, without the query: a query may hold anything, a token too. */
  readonly path: string | undefined;
  readonly action: string | undefined;
  /** Whose hook asked. */
  readonly hook: string | undefined;
  readonly class: string | undefined;
  /** The roles that allow it; of what was not permitted, those that the caller has. */
  readonly role: string | undefined;
  /** The rule of the policy that decided. */
  readonly rule: string | undefined;
  /** In observe mode: why it would not have been let pass. */
  readonly would_deny: string | undefined;
  /** Secrets were left out of the answer. */
  readonly redacted: true | undefined;
  /** In observe mode: they would have been. */
  readonly would_redact: true | undefined;
  /**
   * What it is about: a client id, a topic, a queue; of an MQTT client that connects its client id; of an ambiguous target the target
   * itself, escaped and cut.
   */
  readonly target: string | undefined;
  readonly outcome: Outcome;
  /** The true reason, even where the caller reads `token_rejected`. */
  readonly reason: string | undefined;
  readonly status: number | undefined;
  readonly upstream_status: number | undefined;
  /** The broker's own: one other than 0 is no success, whatever the status. */
  readonly upstream_code: number | undefined;
  readonly bytes_in: number | undefined;
  readonly bytes_out: number | undefined;
  readonly duration_ms: number;
  readonly upstream_ms: number | undefined;
}

/** @param write takes one record, and must not throw */
export const auditObserver =
  (write: (record: AuditRecord) => void): Observer =>
  (seen) =>
    write(toAuditRecord(seen));

export function toAuditRecord(seen: Observation): AuditRecord {
  const principal = seen.principal ?? seen.denial?.principal;
  const grant = seen.denial?.grant ?? seen.grant;
  return {
    type: 'audit',
    time: new Date(seen.startedAtMs).toISOString(),
    request_id: seen.id,
    client: seen.client,
    client_certificate: seen.clientCertificate,
    // A secret has no issuer, and no fingerprint.
    issuer: principal?.issuer || undefined,
    claimed_issuer: seen.denial?.claimedIssuer,
    subject: principal?.subject,
    token_id: principal?.tokenId,
    key: principal?.thumbprint || undefined,
    method: seen.method,
    path: seen.path,
    action: seen.action?.name,
    hook: seen.hook,
    class: seen.action?.class,
    role: grant?.role,
    rule: grant?.rule,
    would_deny: grant?.wouldDeny,
    redacted: seen.denial === undefined ? grant?.redacts : undefined,
    would_redact: grant?.wouldRedact,
    target: seen.target,
    outcome: outcomeOf(seen),
    reason: seen.denial?.reason,
    status: seen.status,
    upstream_status: seen.upstreamStatus,
    upstream_code: seen.upstreamCode,
    bytes_in: seen.bytesIn,
    bytes_out: seen.bytesOut,
    duration_ms: roundMs(seen.durationMs),
    upstream_ms: seen.upstreamMs === undefined ? undefined : roundMs(seen.upstreamMs),
  };
}

const roundMs = (ms: number): number => Math.round(ms * 1000) / 1000;
