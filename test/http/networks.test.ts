// Networks in the settings: which texts are one, what to write instead of the others, and which addresses are in them.
import { describe, expect, it } from 'vitest';
import { compileNetworks, networkOfHost, readAddress, readNetwork } from '../../src/http/networks.ts';

describe('a network', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0', 8],
    ['127.0.0.1', '127.0.0.1', 32],
    ['1.2.3.4/32', '1.2.3.4', 32],
    ['::1', '::1', 128],
    ['fd00::/8', 'fd00::', 8],
    ['2001:DB8:0:0:1::/80', '2001:db8:0:0:1::', 80],
    ['64:ff9b::1.2.0.0/112', '64:ff9b::102:0', 112],
  ])('may be %s', (text, address, prefix) => {
    expect(readNetwork(text)).toEqual({ address, prefix });
  });

  it.each(['0.0.0.0/0', '::/0'])('is not every address, %s', (text) => {
    expect(readNetwork(text)).toBe(
      'less than every address: name the networks that are meant, such as 10.0.0.0/8',
    );
  });

  it.each([
    ['10.1.2.3/8', '10.0.0.0/8', '10.1.2.3'],
    ['192.0.2.129/25', '192.0.2.128/25', '192.0.2.129'],
    ['fd00::1/8', 'fd00::/8', 'fd00::1'],
    ['2001:db8::1:0:0:1/64', '2001:db8::/64', '2001:db8::1:0:0:1'],
    ['64:ff9b::1.2.3.4/96', '64:ff9b::/96', '64:ff9b::102:304'],
  ])('has nothing behind its prefix: for %s write %s', (text, network, address) => {
    expect(readNetwork(text)).toBe(
      `written with its first address, ${network}; ${address} alone is the one address`,
    );
  });

  it('is IPv4 where it is written as IPv6', () => {
    expect(readNetwork('::ffff:10.0.0.0/104')).toBe('written as IPv4, such as 10.0.0.0');
  });

  it.each(['10.0.0.0/33', '::1/129', '10.0.0/8', 'fe80::1%eth0', 'localhost', '1.0.0.0/8/8', '1.0.0.0/', ''])(
    'is not %j',
    (text) => {
      expect(readNetwork(text)).toBe('an address or a network such as 10.0.0.0/8');
    },
  );

  it('holds the IPv4 addresses that come as IPv6', () => {
    const isIn = compileNetworks(['10.0.0.0/8', '::1']);
    expect(['10.1.2.3', '::ffff:10.1.2.3', '::ffff:a01:203', '::1', '0:0::1'].map(isIn)).toEqual(
      Array(5).fill(true),
    );
    expect(['11.0.0.1', '::ffff:11.0.0.1', '::2', 'unknown', undefined].map(isIn)).toEqual(
      Array(5).fill(false),
    );
  });
});

describe('an address', () => {
  it('has one spelling', () => {
    expect(['::FFFF:192.0.2.1', '::ffff:c000:201', '2001:DB8:0:0::1', '1.2.3.4'].map(readAddress)).toEqual([
      '192.0.2.1',
      '192.0.2.1',
      '2001:db8::1',
      '1.2.3.4',
    ]);
    expect(['1.2.3', 'fe80::1%eth0', 'unknown', ''].map(readAddress)).toEqual(Array(4).fill(undefined));
  });
});

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
  ['2001:db8:1:2::7', '2001:db8:1:2::'],
  ['::1', '::'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
])('the host of %s has %s', (address, network) => expect(networkOfHost(address)).toBe(network));
