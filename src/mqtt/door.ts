// The MQTT guard as a broker uses it: a client is let in once and is a visitor from then on. Every decision leaves a
// record; deliveries, of which there are many for one message, are counted instead.
import { type Denial, deny, denyPrincipal, type Principal } from '../decision.ts';
import type { Followed } from '../followed.ts';
import type { Recorder } from '../observe/recorder.ts';
import type { TopicQuestion } from '../policy/topic-rules.ts';
import type { ConnectQuestion, Login } from './login.ts';
import type { LoginEnd, MqttGuard, TopicAnswer } from './mqtt-guard.ts';

export interface Visitor {
  /** Unix time in milliseconds; infinity where the login never ends. */
  readonly disconnectAtMs: number;
  may(question: TopicQuestion): boolean;
  /**
   * Calls back once, when the login is over before its time: its token was revoked, or its key is gone. At once where it is
   * already. Nobody is called back any more once the function it returns was called.
   */
  whenOver(end: () => void): () => void;
}

export interface DeliveryCount {
  allowed: number;
  denied: number;
}

export interface MqttDoor {
  /** Undefined where the client is refused. */
  admit(question: ConnectQuestion): Promise<Visitor | undefined>;
  /** Deliveries judged so far. */
  readonly deliveries: Readonly<DeliveryCount>;
}

/** As much of a `Followed` as tells that something has changed. */
export type Changes = Pick<Followed<unknown>, 'follow'>;

/**
 * @param guard the one of this moment: a reload puts another in its place
 * @param changes of keys and revocations, and of the guard
 */
export function openDoor(guard: () => MqttGuard, recorder: Recorder, changes: Changes): MqttDoor {
  const deliveries: DeliveryCount = { allowed: 0, denied: 0 };
  const inside = new Set<Inside>();
  changes.follow(() => {
    for (const visit of inside) endIfOver(visit);
  });

  const endIfOver = (visit: Inside): void => {
    if (guard().findEnd(visit.login) === undefined) return;
    inside.delete(visit);
    visit.end();
  };

  const visit = ({ peerHost }: ConnectQuestion, login: Login): Visitor => ({
    disconnectAtMs: login.disconnectAt * 1000,
    may(question) {
      const answer = guard().authorize(login, question);
      if (question.action === 'receive') {
        deliveries[answer.allowed ? 'allowed' : 'denied']++;
      } else {
        const { action, topic } = question;
        tell({ action, target: topic, client: peerHost, ...describe(answer, login.principal) });
      }
      return answer.allowed;
    },
    whenOver(end) {
      const visit = { login, end };
      inside.add(visit);
      endIfOver(visit);
      return () => void inside.delete(visit);
    },
  });

  const tell = (decision: Decided, startedTick = recorder.tick()): void => {
    recorder.tell({
      id: recorder.nextId(),
      startedAtMs: recorder.now(),
      durationMs: recorder.tick() - startedTick,
      method: undefined,
      path: undefined,
      completed: true,
      status: undefined,
      upstreamStatus: undefined,
      upstreamCode: undefined,
      upstreamMs: undefined,
      bytesIn: undefined,
      bytesOut: undefined,
      grant: undefined,
      ...decision,
      action: { name: decision.action },
    });
  };

  return {
    deliveries,
    async admit(question) {
      const startedTick = recorder.tick();
      const answer = await guard().connect(question);
      const about = { action: 'connect', target: question.clientId, client: question.peerHost } as const;
      if (!answer.allowed) {
        tell({ ...about, principal: answer.denial.principal, denial: answer.denial }, startedTick);
        return undefined;
      }
      tell({ ...about, principal: answer.login.principal, denial: undefined }, startedTick);
      return visit(question, answer.login);
    },
  };
}

/** A client that is connected. */
interface Inside {
  readonly login: Login;
  readonly end: () => void;
}

interface Decided {
  readonly action: 'connect' | 'publish' | 'subscribe';
  readonly target: string;
  readonly client: string | undefined;
  readonly principal: Principal | undefined;
  readonly denial: Denial | undefined;
}

function describe(
  { allowed, reason, rule }: TopicAnswer,
  principal: Principal | undefined,
): Pick<Decided, 'principal' | 'denial'> {
  if (allowed) return { principal, denial: undefined };
  const denial = isEnd(reason) ? deny(reason) : deny('not_permitted', rule ?? reason);
  return { principal, denial: principal === undefined ? denial : denyPrincipal(denial, principal) };
}

const isEnd = (reason: TopicAnswer['reason']): reason is 'token_expired' | LoginEnd =>
  reason === 'token_expired' || reason === 'token_revoked' || reason === 'key_unusable';
