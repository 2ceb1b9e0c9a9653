// What connects have proved, as long as it counts.
import { describe, expect, it } from 'vitest';
import { Sessions } from '../../src/hooks/sessions.ts';
import type { Login } from '../../src/mqtt/login.ts';
import { toRuleFilter } from '../../src/policy/topic-rules.ts';

const client = (clientId: string, username = 'u', place = '') => ({
  clientId,
  username,
  place,
});
const login = (topic = 'a'): Login => ({
  authenticator: 'keys-dir',
  principal: undefined,
  isFiled: true,
  isSuperuser: false,
  endsAt: 1,
  disconnectAt: 1,
  rules: {
    rules: [
      { name: 'r', effect: 'allow', actions: 7, qos: 7, retain: undefined, filters: [toRuleFilter(topic)] },
    ],
    otherwise: 'deny',
    isExact: true,
  },
});

describe('sessions', () => {
  it('are found by client id, user name and place', () => {
    const sessions = new Sessions(10);
    sessions.remember(client('c'), login());
    expect(sessions.find(client('c'))).toBeDefined();
    for (const other of [
      client('d'),
      client('c', 'v'),
      { ...client('c'), username: undefined },
      client('c', 'u', 'm'),
    ])
      expect(sessions.find(other)).toBeUndefined();
  });

  it('end when another user takes the client id over, as the connection does', () => {
    const sessions = new Sessions(10);
    sessions.remember(client('c', 'u'), login());
    const [before] = sessions.all();
    sessions.remember(client('c', 'v'), login());
    expect(sessions.find(client('c', 'u'))).toBeUndefined();
    expect(sessions.find(client('c', 'v'))).toBeDefined();
    expect(before && sessions.isTaken(before)).toBe(true);
  });

  it('are no more than were asked for: the one that was longest not asked about goes', () => {
    const sessions = new Sessions(2);
    for (const name of ['a', 'b']) sessions.remember(client(name), login());
    sessions.find(client('a'));
    sessions.remember(client('c'), login());
    expect(sessions.size).toBe(2);
    expect(sessions.find(client('b'))).toBeUndefined();
  });

  it('take no more than a kilobyte of names each, however long names are', () => {
    const sessions = new Sessions(100);
    for (let count = 0; count < 100; count++)
      sessions.remember(client(`c${count}`, 'x'.repeat(8000)), login());
    expect(sessions.size).toBeLessThan(20);
  });

  it('share rules that are the same', () => {
    const sessions = new Sessions(10);
    for (const name of ['a', 'b']) sessions.remember(client(name), login());
    sessions.remember(client('c'), login('other'));
    const rules = ['a', 'b', 'c'].map((name) => sessions.find(client(name))?.login.rules);
    expect(rules[1]).toBe(rules[0]);
    expect(rules[2]).not.toBe(rules[0]);
  });

  it('prove nothing once they are over, and are still there to be ended', () => {
    const sessions = new Sessions(10);
    sessions.remember(client('c'), login());
    sessions.endAll();
    expect(sessions.find(client('c'))).toBeUndefined();
    expect(sessions.all()).toHaveLength(1);
  });
});
