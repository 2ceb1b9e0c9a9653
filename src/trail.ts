// Turns exchanges into audit records: exactly one for each, whatever became of it. Stands between the
// request's way, which knows no audit, and the audit room, which knows no HTTP.

import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Denial } from './decision.ts';
import { Exchange } from './http/exchange.ts';
import type { AuditRecord } from './observe/audit/record.ts';
import { toAuditRecord } from './observe/audit/record.ts';

export interface TrailOptions {
  readonly write: (record: AuditRecord) => void;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** Monotonic milliseconds. */
  readonly tick: () => number;
  /** The guard is shutting down: each connection ends with its next answer. */
  readonly isDraining: () => boolean;
}

export interface Trail {
  /** Gives the request its id and start time; its record is written when the response closes. */
  open(req: IncomingMessage, res: ServerResponse): Exchange;
  /** The exchange under way on a connection, or the one that ended it. */
  current(connection: object): Exchange | undefined;
  /** Records a request that never became one. Returns its id. */
  recordBroken(client: string | undefined, method: string | undefined, denial: Denial): string;
}

export function createTrail({ write, now, tick, isDraining }: TrailOptions): Trail {
  const underway = new WeakMap<object, Exchange>();
  const nextId = createIdSource();
  return {
    open(req, res) {
      const exchange = new Exchange({
        id: nextId(),
        req,
        res,
        startedAt: now(),
        startedTick: tick(),
        isDraining,
      });
      const client = req.socket.remoteAddress;
      underway.set(req.socket, exchange);
      res.once('close', () => {
        // What closes its connection stays its last: see `current`.
        if (underway.get(req.socket) === exchange && !exchange.closing) underway.delete(req.socket);
        exchange.follower?.abandon();
        write(observe(exchange, client, tick()));
      });
      return exchange;
    },
    current: (connection) => underway.get(connection),
    recordBroken(client, method, denial) {
      const id = nextId();
      write(
        toAuditRecord({
          id,
          startedAtMs: now(),
          durationMs: 0,
          client,
          method,
          path: undefined,
          action: undefined,
          principal: undefined,
          denial,
          completed: false,
          status: undefined,
          upstreamStatus: undefined,
          upstreamMs: undefined,
          bytesIn: 0,
          bytesOut: 0,
        }),
      );
      return id;
    },
  };
}

function observe(exchange: Exchange, client: string | undefined, endedTick: number): AuditRecord {
  const { upstreamStartedTick: from, upstreamEndedTick: to } = exchange;
  return toAuditRecord({
    id: exchange.id,
    startedAtMs: exchange.startedAt,
    durationMs: endedTick - exchange.startedTick,
    client,
    method: exchange.req.method,
    path: exchange.target?.path,
    action: exchange.action,
    principal: exchange.principal,
    denial: exchange.denial,
    completed: exchange.completed && exchange.res.writableFinished,
    status: exchange.res.headersSent ? exchange.res.statusCode : undefined,
    upstreamStatus: exchange.upstreamStatus,
    upstreamMs: from === undefined || to === undefined ? undefined : to - from,
    bytesIn: exchange.bytesIn,
    bytesOut: exchange.bytesOut,
  });
}

/** Ids that no other process and no other run gives out, cheap enough for every request. */
function createIdSource(): () => string {
  const prefix = randomBytes(6).toString('hex');
  let count = 0;
  return () => `${prefix}-${(++count).toString(36)}`;
}
