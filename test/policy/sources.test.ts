// Networks in the rules: which texts are one, and which addresses are in them.
import { describe, expect, it } from 'vitest';
import { compileSources, readNetwork } from '../../src/policy/sources.ts';

describe('a network', () => {
  it.each(['10.0.0.0/8', '127.0.0.1', '::1', 'fd00::/8', '1.2.3.4/32'])('may be %s', (text) => {
    expect(readNetwork(text)).toBeDefined();
  });

  it.each([
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    '10.0.0/8',
    'fe80::1%eth0',
    'localhost',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '',
  ])('is not %j', (text) => {
    expect(readNetwork(text)).toBeUndefined();
  });

  it('holds the IPv4 addresses that come as IPv6', () => {
    const isIn = compileSources(['10.0.0.0/8', '::1']);
    expect(['10.1.2.3', '::ffff:10.1.2.3', '::1'].map(isIn)).toEqual([true, true, true]);
    expect(['11.0.0.1', '::ffff:11.0.0.1', '::2', 'unknown', undefined].map(isIn)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
