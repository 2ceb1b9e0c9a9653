// Whether whoever asks is the broker: by being on this machine, by a client certificate, or by a secret, and from where it may ask in addition. What is
// not proved is answered as if nothing were here. Knows no broker and no question.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isLoopbackHost } from '../config/address.ts';
import type { HookSettings } from '../config/hooks.ts';
import { compileNetworks, type IsIn } from '../http/networks.ts';

export interface Caller {
  /** Of the connection. */
  readonly address: string | undefined;
  /** The service listener is a socket file, which only this machine can reach. */
  readonly isUnix: boolean;
  /** It has shown one that `guard.service.tls.client_ca` has signed. */
  readonly hasCertificate: boolean;
  readonly headers: IncomingHttpHeaders;
  /** The last segment of the path, where it is none of the door's own. */
  readonly segment: string | undefined;
}

export type ProofSettings = Pick<HookSettings, 'secretDigest' | 'sources'>;

const SECRET_FIELD = 'x-guard-secret';

export function isProven(settings: ProofSettings, caller: Caller): boolean {
  if (!isFromSource(settings, caller.address)) return false;
  if (settings.secretDigest === undefined) return caller.segment === undefined && isItself(caller);
  const given = caller.segment ?? caller.headers[SECRET_FIELD];
  return typeof given === 'string' && isSecret(given, settings.secretDigest);
}

/** Digests are compared, so that neither the length nor the beginning of a guess shows in the time. */
function isSecret(given: string, secretDigest: string): boolean {
  const digest = createHash('sha256').update(given).digest();
  return timingSafeEqual(digest, Buffer.from(secretDigest, 'base64'));
}

/** What a proxy passes on comes from this machine too, or with the proxy's certificate, on behalf of somebody else. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

const isItself = (caller: Caller): boolean =>
  (caller.isUnix || caller.hasCertificate || isHere(caller)) &&
  FORWARDED.every((name) => caller.headers[name] === undefined);

const isHere = ({ address }: Caller): boolean =>
  address !== undefined && isLoopbackHost(address.replace(/^::ffff:/, ''));

const compiled = new WeakMap<readonly string[], IsIn>();

function isFromSource({ sources }: ProofSettings, address: string | undefined): boolean {
  if (sources.length === 0) return true;
  const isIn = compiled.get(sources) ?? compileNetworks(sources);
  compiled.set(sources, isIn);
  return isIn(address);
}
