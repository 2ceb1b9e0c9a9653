// What the guard knows of a broker's management API, ready to be asked: its roots, its methods, and which method and path
// is which action. The data are in catalogue/.
import type { TargetRules } from '../http/target.ts';
import { type BrokerApi, type Route, readRoutes } from './broker-api.ts';
import { EMQX } from './catalogue/emqx.ts';
import { GENERIC } from './catalogue/generic.ts';
import { MOSQUITTO } from './catalogue/mosquitto.ts';
import { NANOMQ } from './catalogue/nanomq.ts';
import { RABBITMQ } from './catalogue/rabbitmq.ts';
import { RMQTT } from './catalogue/rmqtt.ts';
import { VERNEMQ } from './catalogue/vernemq.ts';
import { compileMatcher, type Matcher } from './matcher.ts';

export interface Profile {
  readonly name: string;
  readonly target: TargetRules;
  /** Every method of the API. */
  readonly methods: readonly string[];
  /** Publishes that the broker does well to have in hand at a time; undefined where any number is well. */
  readonly publishesAtOnce: number | undefined;
  /** What the guard itself asks for, to see whether the broker answers and takes its credentials. */
  readonly probe: string;
  readonly routes: readonly Route[];
  /** The routes at a canonical path. */
  readonly match: Matcher;
}

const APIS = {
  nanomq: NANOMQ,
  emqx: EMQX,
  rabbitmq: RABBITMQ,
  vernemq: VERNEMQ,
  mosquitto: MOSQUITTO,
  rmqtt: RMQTT,
  generic: GENERIC,
} as const;

export type ProfileName = keyof typeof APIS;

export const PROFILE_NAMES = Object.keys(APIS) as ProfileName[];

const compiled = new Map<ProfileName, Profile>();

/** Compiled when it is first asked for: a guard has one broker. */
export function loadProfile(name: ProfileName): Profile {
  const profile = compiled.get(name) ?? compileProfile(APIS[name]);
  compiled.set(name, profile);
  return profile;
}

function compileProfile(api: BrokerApi): Profile {
  const routes = readRoutes(api);
  const methods = new Set(
    routes.flatMap(({ method, answersHead }) => (answersHead ? [method, 'HEAD'] : [method])),
  );
  const match = compileMatcher(routes, api.foldsSlash);
  return {
    name: api.name,
    target: { roots: api.roots, rootOnce: api.rootOnce, takesSlash: (path) => match(path) !== undefined },
    methods: [...methods],
    publishesAtOnce: api.publishesAtOnce,
    probe: api.probe,
    routes,
    match,
  };
}
