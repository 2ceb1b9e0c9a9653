// Whom a rule of the `acl` claim is for: EMQX's conditions, all of which must hold. They ask about the connection
// alone, so they are judged once, at the login.
import { BlockList, isIP } from 'node:net';
import type { AclClaim, AclConditions, AclFlaw, AclRule } from '../policy/acl-claim.ts';
import { testPatterns } from '../policy/patterns.ts';
import type { ConnectQuestion } from './login.ts';

/** EMQX's names for where a client comes in, of a listener and a zone that nobody has named. */
const ZONE = 'default';
const LISTENER = 'tcp:default';

export const ZONE_OF_CLIENTS = ZONE;

type Facts = Readonly<Record<'username' | 'clientid' | 'zone' | 'listener', string | undefined>>;

/**
 * The claim with the rules that are for this client. A deny rule stays where what it asks for is not known.
 * @param clientId the one that counts: a token may name another than CONNECT does
 */
export function selectRules(
  claim: AclClaim,
  question: ConnectQuestion,
  clientId: string,
): AclClaim | AclFlaw {
  const facts = { username: question.username, clientid: clientId, zone: ZONE, listener: LISTENER };
  const asked = claim.rules.flatMap(({ conditions }) => listPatterns(conditions, facts));
  const results = testPatterns(asked);
  if ('flaw' in results) return { flaw: `In the rules, ${results.flaw}.`, breaksEmqx: false };
  const outcomes = [...results];
  const rules = claim.rules.filter((rule) => {
    const areMatched = listPatterns(rule.conditions, facts).map(() => outcomes.shift() === true);
    return areMatched.every(Boolean) && isFor(rule, question.peerHost, facts);
  });
  return { ...claim, rules };
}

/** Each pattern of a rule with the text it is tried on. */
function listPatterns(conditions: AclConditions, facts: Facts): [pattern: string, text: string][] {
  return (['username', 'clientid', 'zone', 'listener'] as const).flatMap((name) => {
    const pattern = conditions[`${name}_re`];
    const text = facts[name];
    return pattern === undefined || text === undefined ? [] : [[pattern, text] as [string, string]];
  });
}

function isFor({ effect, conditions }: AclRule, peerHost: string | undefined, facts: Facts): boolean {
  const { zone = ZONE, listener = LISTENER, ipaddr } = conditions;
  if (zone !== ZONE || listener !== LISTENER) return false;
  const isUnknown =
    (conditions.username_re !== undefined && facts.username === undefined) ||
    (ipaddr !== undefined && (peerHost === undefined || isIP(peerHost) === 0));
  if (isUnknown) return effect === 'deny';
  return ipaddr === undefined || isInside(ipaddr, peerHost as string);
}

function isInside(network: string, address: string): boolean {
  const [base = '', prefix] = network.split('/');
  const family = (text: string) => (isIP(text) === 6 ? 'ipv6' : 'ipv4');
  const list = new BlockList();
  list.addSubnet(base, Number(prefix ?? (isIP(base) === 6 ? 128 : 32)), family(base));
  return list.check(address, family(address));
}
