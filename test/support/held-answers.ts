// A broker that answers some requests when the test tells it to, and the others at once.
import { okAnswer, type Responder, type SeenRequest } from './upstream.ts';

export interface HeldAnswer {
  readonly request: SeenRequest;
  give(): void;
}

export interface HeldAnswers {
  /** Those not given yet, in the order in which their requests came. */
  readonly held: readonly HeldAnswer[];
  readonly respond: Responder;
  /** Gives them all. */
  release(): void;
}

export function holdAnswers(
  isHeld: (request: SeenRequest) => boolean = () => true,
  answer = okAnswer(),
): HeldAnswers {
  const held: HeldAnswer[] = [];
  return {
    held,
    respond(request, socket) {
      if (!isHeld(request)) return okAnswer();
      held.push({ request, give: () => void socket.write(answer) });
      return undefined;
    },
    release() {
      for (const { give } of held.splice(0)) give();
    },
  };
}

/** Holds the answers to requests whose target names `/held`. */
export const holdNamed = (): HeldAnswers =>
  holdAnswers(({ requestLine }) => requestLine.includes('/held'), okAnswer('{"held":true}'));
