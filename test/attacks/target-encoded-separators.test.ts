// Attack: hide a separator, an escape sign or a terminator in an escape, for the broker to decode after the judgement.
// Rule: %5c %2e %25 %00 are refused wherever they stand in the path, in either case, and %2f where the catalogue of the
// broker does not say that a slash may be part of the name.
import { describe, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { expectRefusal } from '../support/refusal.ts';

const ESCAPES = ['%2f', '%2F', '%5c', '%5C', '%2e', '%2E', '%25', '%252f', '%00', '%2500'];
const PLACES = [
  ['in the place of a slash', (escaped: string) => `/api/v4${escaped}brokers`],
  ['inside a segment', (escaped: string) => `/api/v4/cli${escaped}ents`],
  ['at the end', (escaped: string) => `/api/v4/clients${escaped}`],
  ['at the beginning', (escaped: string) => `/${escaped}api/v4/brokers`],
] as const;

describe.each(PLACES)('an escaped separator %s is refused', (_, place) => {
  it.each(ESCAPES)('%s', async (escaped) => {
    const pair = await startPair();
    await expectRefusal(pair, await pair.ask('GET', place(escaped)), 'target_ambiguous');
  });
});
