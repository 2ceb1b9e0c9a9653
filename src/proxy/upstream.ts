// The way to the broker: at most so many connections, the busiest reused first, the rest of the calls
// waiting in line for a while. Knows no token and no HTTP message of the client's.
import type { DenyReason } from '../decision.ts';
import { type AnswerHandler, Call, type OutboundRequest } from './call.ts';
import { Lane, type LaneOptions } from './lane.ts';

export interface UpstreamOptions extends LaneOptions {
  /** Connections at most: the broker's `limit_conn`. */
  readonly maxConnections: number;
}

/** Why a call failed, as a row of the reason table. */
export type UpstreamReason = Extract<DenyReason, `upstream_${string}` | 'request_timeout'>;

export interface Upstream {
  /** Makes a call. The handler hears of its answer or failure, a broker without a free connection included. */
  send(request: OutboundRequest, handler: AnswerHandler): Call;
  /** Ends every connection: when its call is over, or at once with `force`. */
  close(force: boolean): void;
}

/** Calls that may wait for a connection; more than that is refused at once. */
const MAX_WAITING = 1000;
/** How often deadlines are looked at: they may be missed by as much. */
const SWEEP_MS = 250;

class BusyError extends Error {
  readonly code = 'BUSY';
}

/** @param tick monotonic milliseconds */
export function createUpstream(options: UpstreamOptions, tick: () => number): Upstream {
  const lanes: Lane[] = [];
  const idle: Lane[] = [];
  /** Calls in line, with the tick at which they give up; the oldest first. */
  const waiting = new Map<Call, number>();
  const clock = { now: tick(), stepMs: SWEEP_MS };
  let isClosed = false;
  let sweeper: NodeJS.Timeout | undefined;

  const release = (lane: Lane): void => {
    const [next] = waiting.keys();
    if (next !== undefined) {
      waiting.delete(next);
      lane.start(next);
      return;
    }
    idle.push(lane);
    if (isClosed) lane.close(true);
  };
  const takeLane = (): Lane | undefined => {
    if (idle.length > 0 || lanes.length >= options.maxConnections) return idle.pop();
    const added = new Lane(options, clock, release);
    lanes.push(added);
    return added;
  };
  const sweep = (): void => {
    clock.now = tick();
    for (const lane of lanes) lane.sweep();
    for (const [call, giveUpAt] of waiting) {
      if (clock.now < giveUpAt) break;
      waiting.delete(call);
      call.handler.onFailure(new BusyError('no connection became free in time'));
    }
    if (isClosed && idle.length === lanes.length) {
      clearInterval(sweeper);
      sweeper = undefined;
    }
  };
  const start = (): void => {
    clock.now = tick();
    sweeper = setInterval(sweep, SWEEP_MS).unref();
  };
  const enqueue = (call: Call): void => {
    waiting.set(call, clock.now + SWEEP_MS + options.headersTimeoutMs);
    // Whoever leaves makes room in the line.
    call.carrier = { resume: () => undefined, abort: () => waiting.delete(call) };
  };

  return {
    send(request, handler) {
      if (sweeper === undefined) start();
      const call = new Call(request, handler);
      const lane = takeLane();
      if (lane !== undefined) lane.start(call);
      else if (waiting.size < MAX_WAITING) enqueue(call);
      else handler.onFailure(new BusyError('too many calls wait for the broker'));
      return call;
    },
    close(force) {
      isClosed = true;
      for (const lane of lanes) lane.close(force);
    },
  };
}

const REASON_OF_CODE = new Map<string, UpstreamReason>([
  ['BUSY', 'upstream_busy'],
  ['ECONNREFUSED', 'upstream_unreachable'],
  ['EHOSTUNREACH', 'upstream_unreachable'],
  ['ENETUNREACH', 'upstream_unreachable'],
  ['ENOTFOUND', 'upstream_unreachable'],
  ['EAI_AGAIN', 'upstream_unreachable'],
  ['ENOENT', 'upstream_unreachable'],
  ['EACCES', 'upstream_unreachable'],
  ['BROKER_SILENT', 'upstream_timeout'],
  ['CLIENT_SILENT', 'request_timeout'],
  ['ETIMEDOUT', 'upstream_timeout'],
]);

/** The reason of a failed call; by its code, never by its text. */
export function classifyFailure(error: Error): UpstreamReason {
  const code = 'code' in error ? String(error.code) : '';
  return REASON_OF_CODE.get(code) ?? 'upstream_broken';
}
