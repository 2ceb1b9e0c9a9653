// Whose address the client's is: of the peer, or what trusted proxies say in X-Forwarded-For.
import { describe, expect, it } from 'vitest';
import { compileClients, peerAddress } from '../../src/http/client-address.ts';

const PROXY = '10.0.0.1';
const trusting = (...trustedProxies: string[]) => {
  const { clientAddress } = compileClients({ trustedProxies, proxyProtocol: undefined });
  return (peer: string | undefined, field?: string) => clientAddress(peer, { 'x-forwarded-for': field });
};

describe('the client of a request', () => {
  const read = trusting('10.0.0.0/8', 'fd00::1');
  const clientOf = (field?: string) => read(PROXY, field);

  it.each([
    ['of one proxy', '192.0.2.7', '192.0.2.7'],
    ['of two of them', '192.0.2.7, 10.0.0.2', '192.0.2.7'],
    ['over IPv6', '2001:DB8::7, FD00::1', '2001:db8::7'],
    ['whatever blanks there are', ' 192.0.2.7\t,10.0.0.2 ', '192.0.2.7'],
    ['without its port', '192.0.2.7:4711, [fd00::1]:443', '192.0.2.7'],
    ['in brackets', '[2001:db8::7]', '2001:db8::7'],
    ['as IPv4 where it comes as IPv6', '::ffff:192.0.2.7', '192.0.2.7'],
    ['though it is a trusted one, if there is no other', '10.0.0.9, 10.0.0.2', '10.0.0.9'],
  ])('is the rightmost address that is not trusted, %s', (_, field, client) => {
    expect(clientOf(field)).toBe(client);
  });

  it.each([
    ['192.0.2.66, 192.0.2.7', '192.0.2.7'],
    ['10.0.0.9, 192.0.2.7', '192.0.2.7'],
    ['10.0.0.9, 192.0.2.7, 10.0.0.2', '192.0.2.7'],
  ])('is never what it has invented itself: %s', (field, client) => {
    expect(clientOf(field)).toBe(client);
  });

  it.each([
    'unknown',
    '_hidden',
    'unix:',
    '192.0.2.7x',
    '192.0.2.300',
    '1.2.3',
    'fe80::1%eth0',
    '"192.0.2.7"',
    '',
  ])('is the last that is known where a proxy has put down %j', (entry) => {
    expect(clientOf(entry)).toBe(PROXY);
    expect(clientOf(`192.0.2.66, ${entry}`)).toBe(PROXY);
    expect(clientOf(`192.0.2.66, ${entry}, 10.0.0.2`)).toBe('10.0.0.2');
  });

  it('is the proxy where it says nothing', () => {
    expect(clientOf()).toBe(PROXY);
  });

  it('is the peer where that is no trusted proxy, whatever it sends', () => {
    expect(read('192.0.2.66', '10.0.0.9')).toBe('192.0.2.66');
    expect(trusting()(PROXY, '192.0.2.7')).toBe(PROXY);
  });

  it('of a proxy on a socket file is trusted by name only', () => {
    expect(trusting('unix:')(undefined, '192.0.2.7')).toBe('192.0.2.7');
    expect(trusting('10.0.0.0/8')(undefined, '192.0.2.7')).toBeUndefined();
  });

  it('stands in no field where the proxies begin with a PROXY header', () => {
    const clients = compileClients({ trustedProxies: [PROXY], proxyProtocol: 'v2' });
    expect(clients.clientAddress('192.0.2.7', { 'x-forwarded-for': '192.0.2.66' })).toBe('192.0.2.7');
    expect([clients.headerOf(PROXY), clients.headerOf('192.0.2.7')]).toEqual(['v2', undefined]);
  });
});

describe('the address of a peer', () => {
  it('is IPv4 where the listener has IPv6', () => {
    expect(peerAddress({ remoteAddress: '::ffff:192.0.2.7' })).toBe('192.0.2.7');
    expect(peerAddress({ remoteAddress: 'fe80::1%eth0' })).toBe('fe80::1%eth0');
    expect(peerAddress({ remoteAddress: undefined })).toBeUndefined();
  });
});
