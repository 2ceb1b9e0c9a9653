// The MQTT guard as a broker uses it: a client is let in once and is a visitor from then on. Every decision leaves a
// record; deliveries, of which there are many for one message, are counted instead.
import type { Followed } from '../followed.ts';
import type { Recorder } from '../observe/recorder.ts';
import type { TopicQuestion } from '../policy/topic-rules.ts';
import type { ConnectQuestion, Login } from './login.ts';
import type { MqttGuard } from './mqtt-guard.ts';
import { describeTopicAnswer, tellDecided } from './tell.ts';

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
        const told = describeTopicAnswer(answer, login.principal);
        tellDecided(recorder, { action, target: topic, client: peerHost, ...told });
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

  return {
    deliveries,
    async admit(question) {
      const startedTick = recorder.tick();
      const answer = await guard().connect(question);
      const about = { action: 'connect', target: question.clientId, client: question.peerHost } as const;
      if (!answer.allowed) {
        const { denial } = answer;
        tellDecided(recorder, { ...about, principal: denial.principal, denial }, startedTick);
        return undefined;
      }
      const { principal } = answer.login;
      tellDecided(recorder, { ...about, principal, denial: undefined }, startedTick);
      return visit(question, answer.login);
    },
  };
}

/** A client that is connected. */
interface Inside {
  readonly login: Login;
  readonly end: () => void;
}
