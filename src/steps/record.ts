// The first step: gives the request its id, and has one observation made of it when its response closes, whatever has
// become of it.
import type { Socket } from 'node:net';
import type { AnswerConnection } from '../http/exchange.ts';
import type { Observation } from '../observe/observation.ts';
import type { Recorder } from '../observe/recorder.ts';
import type { RequestState } from './state.ts';
import { defineStep, type Step } from './step.ts';

/** @param connectionOf the listener's view of a socket; without it a connection ends as Node has it */
export const record = (
  recorder: Recorder,
  connectionOf?: (socket: Socket) => AnswerConnection | undefined,
): Step =>
  defineStep((ctx, next) => {
    beginRecord(ctx.state, recorder, connectionOf?.(ctx.req.socket));
    return next(ctx);
  });

export function beginRecord(
  state: RequestState,
  recorder: Recorder,
  connection: AnswerConnection | undefined,
): void {
  state.id = recorder.nextId();
  state.startedAtMs = recorder.now();
  state.startedTick = recorder.tick();
  state.client = state.req.socket.remoteAddress;
  state.connection = connection;
  connection?.begin(state);
  state.res.once('close', () => {
    connection?.end(state);
    state.relay?.abandon();
    recorder.tell(observe(state, recorder.tick()));
  });
}

function observe(state: RequestState, endedTick: number): Observation {
  const { res, relay, denial } = state;
  // What somebody else's middleware has answered is not counted.
  const uncounted = denial === undefined ? undefined : 0;
  return {
    id: state.id,
    startedAtMs: state.startedAtMs,
    durationMs: endedTick - state.startedTick,
    client: state.client,
    method: state.req.method,
    path: state.target?.path,
    action: state.action,
    principal: state.principal,
    denial,
    completed: res.writableFinished && relay?.isComplete !== false,
    status: res.headersSent ? res.statusCode : undefined,
    upstreamStatus: relay?.upstreamStatus,
    upstreamMs: relay?.upstreamMs,
    bytesIn: relay?.bytesIn ?? uncounted,
    bytesOut:
      relay === undefined && denial === undefined ? undefined : (relay?.bytesOut ?? 0) + state.refusalBytes,
  };
}
