// `guard.mqtt.hooks { }` as the rest of the program sees it: which brokers may ask about their clients over HTTP. Knows no rule
// about what goes together with what.

export const HOOK_NAMES = [
  'emqx',
  'nanomq',
  'rabbitmq',
  'vernemq',
  'go_auth',
  'go_auth_jwt',
  'amqtt',
  'rmqtt',
] as const;

export type HookName = (typeof HOOK_NAMES)[number];

export interface HookSettings {
  /** SHA-256 of the secret, in base64; undefined where being on this machine, or a client certificate, is proof enough. */
  readonly secretDigest: string | undefined;
  /** Networks the broker asks from, beside its proof; empty where any will do. */
  readonly sources: readonly string[];
  /** Clients whose connects are remembered. */
  readonly sessions: number;
  /** Connections are ended with their tokens, over the broker's management API. */
  readonly endSessions: boolean;
  /** VerneMQ: how long it may remember an answer. */
  readonly cacheMs: number;
  /** NanoMQ: clients that are logged in may be reported as connected and gone. */
  readonly tellsPresence: boolean;
}

export type HooksSettings = Readonly<Partial<Record<HookName, HookSettings>>>;
