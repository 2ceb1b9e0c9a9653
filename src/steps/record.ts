// The first step: gives the request its id, and has one observation made of it when its response closes, whatever has
// become of it.
import type { Socket } from 'node:net';
import { type Clients, PEERS_ONLY, peerAddress } from '../http/client-address.ts';
import type { AnswerConnection } from '../http/exchange.ts';
import { printTarget } from '../http/target-flaws.ts';
import type { Observation } from '../observe/observation.ts';
import type { Recorder } from '../observe/recorder.ts';
import { describeTargets } from '../policy/route-target.ts';
import type { RequestState } from './state.ts';
import { defineStep, type Step } from './step.ts';

/** @param connectionOf the listener's view of a socket; without it an answer whose request has no certain end closes */
export const record = (
  recorder: Recorder,
  connectionOf?: (socket: Socket) => AnswerConnection | undefined,
  clients?: Clients,
): Step =>
  defineStep((ctx, next) => {
    beginRecord(ctx.exchange, recorder, connectionOf?.(ctx.req.socket), clients);
    return next(ctx);
  });

export function beginRecord(
  state: RequestState,
  recorder: Recorder,
  connection: AnswerConnection | undefined,
  clients = PEERS_ONLY,
): void {
  state.id = recorder.nextId();
  state.startedAtMs = recorder.now();
  state.startedTick = recorder.tick();
  const { socket, headers } = state.req;
  state.client = clients.clientAddress(connection?.peer ?? peerAddress(socket), headers);
  state.connection = connection;
  state.clientCertificate = connection?.clientCertificate;
  connection?.begin(state);
  state.res.once('close', () => {
    connection?.end(state);
    state.relay?.abandon();
    recorder.tell(observe(state, recorder.tick()));
  });
}

/** No action of the broker's: nothing was sent to it. */
const PREFLIGHT = { name: 'cors.preflight' };

function observe(state: RequestState, endedTick: number): Observation {
  const { res, relay, body, denial, refusalBytes } = state;
  // Bytes are counted only for the guard's own answers, and for bodies that the guard has read.
  const isOwn = relay !== undefined || body !== undefined || refusalBytes !== undefined;
  return {
    id: state.id,
    startedAtMs: state.startedAtMs,
    durationMs: endedTick - state.startedTick,
    client: state.client,
    clientCertificate: state.clientCertificate,
    method: state.req.method,
    path: state.route?.hasSecretPath ? state.route.template : state.target?.path,
    action: nameAction(state),
    grant: state.grant,
    target: describeTarget(state),
    principal: state.principal,
    denial,
    completed: res.writableFinished && relay?.isComplete !== false,
    status: res.headersSent ? res.statusCode : state.socketStatus,
    upstreamStatus: relay?.upstreamStatus,
    upstreamCode: relay?.upstreamCode,
    upstreamMs: relay?.upstreamMs,
    bytesIn: isOwn ? (body?.received ?? 0) : undefined,
    bytesOut: isOwn ? (relay?.bytesOut ?? 0) + (refusalBytes ?? 0) : undefined,
  };
}

/** A read whose secrets are left out is a read, whatever the call is otherwise. */
function nameAction({ route, grant, isPreflight }: RequestState): Observation['action'] {
  if (isPreflight) return PREFLIGHT;
  if (route === undefined || grant?.hides === undefined) return route?.action;
  return { name: route.action.name, class: 'read' };
}

/** A call may publish to a thousand topics. */
const MAX_TARGET_LENGTH = 1000;

function describeTarget({ denial, req, route, target, topics }: RequestState): string | undefined {
  if (denial?.reason === 'target_ambiguous') return printTarget(req.url ?? '');
  const named = route && target && describeTargets(route, target.text);
  if (topics === undefined) return named;
  return [named, ...topics].filter(Boolean).join(', ').slice(0, MAX_TARGET_LENGTH);
}
