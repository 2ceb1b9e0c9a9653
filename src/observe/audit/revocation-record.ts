// The record of a revocation that has come while the guard runs: which tokens it names and until when, in words of its own type.
// Knows neither the file nor the clock.

/** As much of a revocation as is recorded; times in Unix seconds. */
export interface Revoked {
  readonly issuer?: string | undefined;
  readonly by: 'jti' | 'subject' | 'key' | 'token_sha256' | 'before';
  readonly value: string | number;
  readonly until: number;
  readonly reason?: string | undefined;
}

/** The members in their order; absent where unknown. */
export interface RevocationRecord {
  readonly type: 'revocation';
  /** When this guard has learned of it. */
  readonly time: string;
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
  readonly token_id: string | undefined;
  readonly key: string | undefined;
  readonly token_sha256: string | undefined;
  readonly before: string | undefined;
  /** Absent where it never ends. */
  readonly until: string | undefined;
  /** What whoever revoked has written. */
  readonly comment: string | undefined;
}

/** @param nowMs Unix time in milliseconds */
export function toRevocationRecord(revoked: Revoked, nowMs: number): RevocationRecord {
  const { issuer, by, value, until, reason } = revoked;
  const named = (name: Revoked['by']) => (by === name ? String(value) : undefined);
  return {
    type: 'revocation',
    time: new Date(nowMs).toISOString(),
    issuer,
    subject: named('subject'),
    token_id: named('jti'),
    key: named('key'),
    token_sha256: named('token_sha256'),
    before: typeof value === 'number' ? toTime(value) : undefined,
    until: until === Infinity ? undefined : toTime(until),
    comment: reason,
  };
}

const toTime = (seconds: number): string => new Date(seconds * 1000).toISOString();
