// The doors for brokers' own hooks, on the service listener: which there are, who is answered at all, and that each question
// gets an answer in the form of its broker, whatever is wrong with it.
import type Router from '@koa/router';
import type { Context } from 'koa';
import { HOOK_NAMES, type HookName } from '../config/hooks.ts';
import type { Settings } from '../config/settings.ts';
import { deny } from '../decision.ts';
import { endAtEndOfTurn } from '../http/turn.ts';
import { clientSubjectOf } from '../listener/tls.ts';
import type { MqttGuard } from '../mqtt/mqtt-guard.ts';
import type { Recorder } from '../observe/recorder.ts';
import type { SeldomReport } from '../observe/seldom.ts';
import type { Adapter, Hook, HookAnswer } from './adapter.ts';
import { AMQTT } from './amqtt.ts';
import { Asker } from './asker.ts';
import { EMQX } from './emqx.ts';
import { GO_AUTH, GO_AUTH_JWT } from './go-auth.ts';
import { BadQuestion } from './members.ts';
import { NANOMQ } from './nanomq.ts';
import { isProven } from './proof.ts';
import { RABBITMQ } from './rabbitmq.ts';
import { readQuestion } from './read-question.ts';
import { type CallApi, type Ending, Reaper } from './reaper.ts';
import { RMQTT } from './rmqtt.ts';
import { Sessions } from './sessions.ts';
import { VERNEMQ } from './vernemq.ts';

export const ADAPTERS: Readonly<Record<HookName, Adapter>> = {
  emqx: EMQX,
  nanomq: NANOMQ,
  rabbitmq: RABBITMQ,
  vernemq: VERNEMQ,
  go_auth: GO_AUTH,
  go_auth_jwt: GO_AUTH_JWT,
  amqtt: AMQTT,
  rmqtt: RMQTT,
};

export interface HooksParts {
  /** The one of this moment. */
  readonly guard: () => MqttGuard;
  /** Those of this moment. */
  readonly settings: () => Pick<Settings, 'hooks' | 'service'>;
  readonly recorder: Recorder;
  /** Takes one line for the operator. */
  readonly say: SeldomReport;
}

interface Door {
  readonly sessions: Sessions;
  readonly asker: Asker;
}

export class Hooks {
  readonly #parts: HooksParts;
  readonly #doors = new Map<HookName, Door>();

  constructor(parts: HooksParts) {
    this.#parts = parts;
  }

  addRoutes(router: Router): void {
    for (const name of HOOK_NAMES) {
      const adapter = ADAPTERS[name];
      for (const hook of adapter.hooks)
        router.all(`/hooks/${hook.path}{/:secret}`, (ctx) =>
          this.#answer(ctx, adapter, hook, ctx.params.secret),
        );
    }
  }

  /** Logins by other settings prove nothing any more: their clients are to connect anew. */
  endAll(): void {
    for (const { sessions } of this.#doors.values()) sessions.endAll();
  }

  openReaper(hook: HookName, ending: Ending, call: CallApi): Reaper {
    const { guard, recorder } = this.#parts;
    const sessions = () => this.#doors.get(hook)?.sessions;
    return new Reaper({ hook, sessions, guard, call, ending, recorder });
  }

  async #answer(ctx: Context, { name }: Adapter, hook: Hook, segment: string | undefined): Promise<void> {
    const { hooks, service } = this.#parts.settings();
    const settings = hooks[name];
    const { socket, headers } = ctx.req;
    const caller = {
      address: socket.remoteAddress,
      isUnix: service.kind === 'unix',
      hasCertificate: clientSubjectOf(socket) !== undefined,
      headers,
      segment,
    };
    // Left at 404, as any path that nobody knows.
    if (settings === undefined || !isProven(settings, caller)) return;
    const { asker } = this.#open(name, settings.sessions);
    let answer = hook.denied;
    try {
      answer = await hook.ask(await readQuestion(ctx, settings), asker);
    } catch (error) {
      this.#tellTrouble(hook, asker, error);
    }
    write(ctx, answer);
  }

  #open(name: HookName, max: number): Door {
    const known = this.#doors.get(name);
    if (known !== undefined) return known;
    const { guard, recorder } = this.#parts;
    const sessions = new Sessions(max);
    const door = { sessions, asker: new Asker({ hook: name, sessions, guard, recorder }) };
    this.#doors.set(name, door);
    return door;
  }

  #tellTrouble({ path }: Hook, asker: Asker, error: unknown): void {
    const isBad = error instanceof BadQuestion;
    asker.tellBroken(isBad ? deny('body_invalid', error.message) : deny('guard_failed'));
    const what = isBad
      ? error.message
      : `failed inside the guard: ${String((error as Error)?.stack ?? error)}`;
    this.#parts.say(`a question to /hooks/${path} was denied: ${what}`);
  }
}

/** Past Koa's own answer, which would take two system calls, and wake the broker up once for each question of a turn. */
function write(ctx: Context, { status, body, maxAgeSeconds }: HookAnswer): void {
  const [type, text] =
    typeof body === 'string' ? ['text/plain', body] : ['application/json', JSON.stringify(body)];
  if (maxAgeSeconds !== undefined) ctx.set('cache-control', `max-age=${maxAgeSeconds}`);
  ctx.respond = false;
  ctx.res.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  endAtEndOfTurn(ctx.res, text, 'utf8');
}
