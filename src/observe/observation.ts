// The one list of facts about a request: what every observer (audit, metrics, console) is told when it is over.
// Knows no observer, and no HTTP message.
import { type Action, type Denial, type Grant, type Principal, REASONS } from '../decision.ts';

/** Absent where unknown. Durations in milliseconds, bodies in bytes. */
export interface Observation {
  readonly id: string;
  /** Unix time in milliseconds. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly client: string | undefined;
  /** The subject of its certificate. */
  readonly clientCertificate?: string | undefined;
  readonly method: string | undefined;
  /** Canonical, without the query: a query may hold anything, a token too. */
  readonly path: string | undefined;
  /** What MQTT clients do has a name and no class. */
  readonly action: (Pick<Action, 'name'> & Partial<Action>) | undefined;
  /** Whose hook asked: `rabbitmq`. */
  readonly hook?: string | undefined;
  /** By which right it was let pass; of what was refused, the denial knows. */
  readonly grant: Grant | undefined;
  /** What it is about: a client id, a topic, a queue; of an ambiguous target the target itself, escaped and cut. */
  readonly target: string | undefined;
  readonly principal: Principal | undefined;
  readonly denial: Denial | undefined;
  /** The answer went out whole. */
  readonly completed: boolean;
  readonly status: number | undefined;
  readonly upstreamStatus: number | undefined;
  /** The broker's own, in its answer: one other than 0 is no success, whatever the status. */
  readonly upstreamCode: number | undefined;
  readonly upstreamMs: number | undefined;
  readonly bytesIn: number | undefined;
  readonly bytesOut: number | undefined;
}

/** Must not throw and must not wait: it is called for every request. */
export type Observer = (seen: Observation) => void;

export type Outcome = 'allowed' | 'denied' | 'failed' | 'aborted';

/** A refusal is the caller's doing, a failure is not; whoever hangs up first has aborted. */
export function outcomeOf({ denial, completed }: Pick<Observation, 'denial' | 'completed'>): Outcome {
  if (denial === undefined) return completed ? 'allowed' : 'aborted';
  const { stage } = REASONS[denial.reason];
  return stage === 'upstream' || stage === 'guard' ? 'failed' : 'denied';
}

/** What is known of bytes that never became a request. */
export interface Broken {
  readonly id: string;
  readonly startedAtMs: number;
  readonly client: string | undefined;
  readonly method: string | undefined;
  readonly denial: Denial;
  /** Bytes of the refusal's body; undefined where nobody was there to read one. */
  readonly bytesOut: number | undefined;
}

export function observeBroken({ id, startedAtMs, client, method, denial, bytesOut }: Broken): Observation {
  return {
    id,
    startedAtMs,
    durationMs: 0,
    client,
    method,
    path: undefined,
    action: undefined,
    grant: undefined,
    target: undefined,
    principal: undefined,
    denial,
    completed: false,
    status: bytesOut === undefined ? undefined : REASONS[denial.reason].status,
    upstreamStatus: undefined,
    upstreamCode: undefined,
    upstreamMs: undefined,
    bytesIn: 0,
    bytesOut: bytesOut ?? 0,
  };
}
