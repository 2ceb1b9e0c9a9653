// The life of a request, from top to bottom: each step lets it pass or comes back with the reason why not.
import type { Socket } from 'node:net';
import type { Guard } from './guard.ts';
import type { Clients } from './http/client-address.ts';
import type { AnswerConnection } from './http/exchange.ts';
import type { CallerLimits } from './limits/caller-limits.ts';
import type { Recorder } from './observe/recorder.ts';
import type { SeldomReport } from './observe/seldom.ts';
import type { Profile } from './policy/profile.ts';
import type { Broker } from './proxy/broker.ts';
import { answerDenials } from './steps/answer-denials.ts';
import { GuardApplication } from './steps/application.ts';
import { authenticate } from './steps/authenticate.ts';
import { authorize } from './steps/authorize.ts';
import { cors } from './steps/cors.ts';
import { denyFailures } from './steps/deny-failures.ts';
import { forward } from './steps/forward.ts';
import { judgeBody } from './steps/judge-body.ts';
import { judgeTarget } from './steps/judge-target.ts';
import { limitFailures } from './steps/limit-failures.ts';
import { limitRequests } from './steps/limit-requests.ts';
import { openBody } from './steps/open-body.ts';
import { readHead } from './steps/read-head.ts';
import { record } from './steps/record.ts';
import { requireRecords } from './steps/require-records.ts';

export interface GuardedParts {
  readonly recorder: Recorder;
  readonly connectionOf: (socket: Socket) => AnswerConnection | undefined;
  readonly clients: Clients;
  readonly corsOrigins: readonly string[];
  readonly say: SeldomReport;
  /** Whether records can be written, or need not be. */
  readonly canRecord: () => boolean;
  readonly profile: Profile;
  readonly guard: Guard;
  readonly limits: CallerLimits;
  readonly broker: Broker;
}

export function createGuardedApp(parts: GuardedParts): GuardApplication {
  const { recorder, connectionOf, clients, corsOrigins, say, canRecord, profile, guard, limits, broker } =
    parts;
  const app = new GuardApplication();
  app.use(record(recorder, connectionOf, clients)); // id, start, client; one observation, whatever becomes of the request
  app.use(answerDenials()); // a denial that comes back becomes status, challenge and code: the only writer
  app.use(denyFailures(say)); // an exception below is guard_failed
  app.use(cors({ origins: corsOrigins, methods: profile.methods })); // pages of other origins; a preflight ends here
  app.use(requireRecords(canRecord)); // where records are required: can this one be written
  app.use(readHead()); // one Host, one length, printable fields
  app.use(judgeTarget(profile)); // canonical path and method -> action
  app.use(limitFailures(guard, limits.failures)); // before any signature: who has guessed too often
  app.use(authenticate(guard)); // credential, issuer, key, signature, claims
  app.use(limitRequests(limits.requests)); // how often this caller may ask
  app.use(authorize(guard)); // may this caller do this action
  app.use(judgeBody(broker)); // by the head alone: nothing is read yet
  app.use(openBody(broker)); // a small one whole, of a large one the first part
  app.use(forward(broker)); // a rebuilt request out, a strict answer back
  return app;
}
