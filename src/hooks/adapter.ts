// What an adapter is: the questions one broker asks, each read into one of the MQTT core's, and the answers in that broker's
// own form. Knows no broker.
import type { HookName, HookSettings } from '../config/hooks.ts';
import type { Asker } from './asker.ts';
import type { Members } from './members.ts';

/** An answer in the broker's own form: an object is JSON, a text is plain. */
export interface HookAnswer {
  readonly status: number;
  readonly body: object | string;
  /** How long the broker may remember it; not at all where undefined. */
  readonly maxAgeSeconds?: number | undefined;
}

export interface HookQuestion {
  readonly members: Members;
  readonly settings: HookSettings;
  /** A field of the request's head. */
  field(name: string): string | undefined;
  /** The token of a Bearer credential. */
  readonly bearer: string | undefined;
}

export interface Hook {
  /** Below `/hooks/`. */
  readonly path: string;
  /** What a question that cannot be read gets. */
  readonly denied: HookAnswer;
  ask(question: HookQuestion, asker: Asker): HookAnswer | Promise<HookAnswer>;
}

export interface Adapter {
  readonly name: HookName;
  readonly hooks: readonly Hook[];
  /** What the broker remembers by itself, and how that is switched off. */
  readonly cacheAdvice: string;
}
