// What a door tells of its decisions about MQTT clients, as observations. Knows no door.
import { type Denial, deny, denyPrincipal, type Grant, type Principal } from '../decision.ts';
import type { Recorder } from '../observe/recorder.ts';
import type { LoginEnd, TopicAnswer } from './mqtt-guard.ts';

export interface Decided {
  readonly action: string;
  readonly target: string | undefined;
  readonly client: string | undefined;
  readonly principal: Principal | undefined;
  readonly denial: Denial | undefined;
  /** The hook that was asked; undefined where a broker of the guard's own asks. */
  readonly hook?: string | undefined;
  readonly grant?: Grant | undefined;
  readonly upstreamStatus?: number | undefined;
}

export function tellDecided(recorder: Recorder, decided: Decided, startedTick = recorder.tick()): void {
  const { action, target, client, principal, denial, hook, grant, upstreamStatus } = decided;
  recorder.tell({
    id: recorder.nextId(),
    startedAtMs: recorder.now(),
    durationMs: recorder.tick() - startedTick,
    client,
    method: undefined,
    path: undefined,
    action: { name: action },
    hook,
    grant,
    target,
    principal,
    denial,
    completed: true,
    status: undefined,
    upstreamStatus,
    upstreamCode: undefined,
    upstreamMs: undefined,
    bytesIn: undefined,
    bytesOut: undefined,
  });
}

/** A topic's answer as a decision about whoever asked. */
export function describeTopicAnswer(
  { allowed, reason, rule }: TopicAnswer,
  principal: Principal | undefined,
): Pick<Decided, 'principal' | 'denial'> {
  if (allowed) return { principal, denial: undefined };
  const denial = isEnd(reason) ? deny(reason) : deny('not_permitted', rule ?? reason);
  return { principal, denial: principal === undefined ? denial : denyPrincipal(denial, principal) };
}

const isEnd = (reason: TopicAnswer['reason']): reason is 'token_expired' | LoginEnd =>
  reason === 'token_expired' || reason === 'token_revoked' || reason === 'key_unusable';
