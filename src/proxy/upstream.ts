// The way to the broker: at most so many connections, the busiest reused first, the rest of the calls
// waiting in line for a while. Knows no token and no HTTP message of the client's.
import type { DenyReason } from '../decision.ts';
import { type AnswerHandler, type Call, Lane, type LaneOptions, type OutboundRequest } from './lane.ts';

export interface UpstreamOptions extends LaneOptions {
  /** Connections at most: the broker's `limit_conn`. */
  readonly maxConnections: number;
}

/** Why a call failed, as a row of the reason table. */
export type UpstreamReason = Extract<DenyReason, `upstream_${string}`>;

export interface Upstream {
  /** Makes a call. The handler hears of its answer or failure, `upstream_busy` included. */
  send(request: OutboundRequest, handler: AnswerHandler): Call;
  /** Ends every connection: when its call is over, or at once with `force`. */
  close(force: boolean): Promise<void>;
}

/** Calls that may wait for a connection; more than that is refused at once. */
const MAX_WAITING = 1000;

class BusyError extends Error {
  readonly code = 'BUSY';
}

interface Waiting {
  readonly begin: (lane: Lane) => void;
}

export function createUpstream(options: UpstreamOptions): Upstream {
  const lanes: Lane[] = [];
  const idle: Lane[] = [];
  const waiting = new Set<Waiting>();

  const takeLane = (): Lane | undefined => {
    const lane = idle.pop();
    if (lane !== undefined || lanes.length >= options.maxConnections) return lane;
    const added = new Lane(options);
    lanes.push(added);
    return added;
  };
  const release = (lane: Lane): void => {
    const [next] = waiting;
    if (next === undefined) {
      idle.push(lane);
      return;
    }
    waiting.delete(next);
    next.begin(lane);
  };
  const start = (lane: Lane, request: OutboundRequest, handler: AnswerHandler): Call =>
    lane.start(request, handler, () => release(lane));

  const wait = (request: OutboundRequest, handler: AnswerHandler): Call => {
    let call: Call | undefined;
    const giveUp = setTimeout(() => {
      waiting.delete(entry);
      handler.onFailure(new BusyError('no connection to the broker became free in time'));
    }, options.headersTimeoutMs);
    const entry: Waiting = {
      begin: (lane) => {
        clearTimeout(giveUp);
        call = start(lane, request, handler);
      },
    };
    waiting.add(entry);
    return {
      resume: () => call?.resume(),
      abort: () => {
        clearTimeout(giveUp);
        waiting.delete(entry);
        call?.abort();
      },
    };
  };

  return {
    send(request, handler) {
      const lane = takeLane();
      if (lane !== undefined) return start(lane, request, handler);
      if (waiting.size < MAX_WAITING) return wait(request, handler);
      handler.onFailure(new BusyError('too many calls wait for the broker'));
      return { resume: () => undefined, abort: () => undefined };
    },
    async close(force) {
      await Promise.all(lanes.map((lane) => lane.close(force)));
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
  ['UND_ERR_CONNECT_TIMEOUT', 'upstream_timeout'],
  ['UND_ERR_HEADERS_TIMEOUT', 'upstream_timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'upstream_timeout'],
]);

/** The reason of a failed call; by its code, never by its text. */
export function classifyFailure(error: Error): UpstreamReason {
  const code = 'code' in error ? String(error.code) : '';
  return REASON_OF_CODE.get(code) ?? 'upstream_broken';
}
