// HAProxy's PROXY header, byte by byte: what names a client, what names nobody, and what is none.
import { describe, expect, it } from 'vitest';
import { readProxyHeader } from '../../src/listener/proxy-header.ts';
import { v2Header } from '../support/proxy-header.ts';

const read = (text: string, version: 'v1' | 'v2' | 'any' = 'any') =>
  readProxyHeader(Buffer.from(text, 'latin1'), version);
const IPV4 = [192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 0, 80];

describe('a line of version 1', () => {
  it.each([
    ['TCP4 192.0.2.7 10.0.0.1 4711 80', '192.0.2.7'],
    ['TCP6 2001:DB8::7 ::1 4711 80', '2001:db8::7'],
    ['TCP6 ::ffff:192.0.2.7 ::1 4711 80', '192.0.2.7'],
    ['UNKNOWN', undefined],
    ['UNKNOWN ffff::1 ffff::2 65535 65535', undefined],
  ])('%s names %s', (words, source) => {
    const line = `PROXY ${words}\r\n`;
    expect(read(`${line}GET / HTTP/1.1`)).toEqual({ size: line.length, source });
    for (let length = 0; length < line.length; length++) expect(read(line.slice(0, length))).toBe('more');
  });

  it.each([
    'PROXY TCP4 ::1 10.0.0.1 4711 80\r\n',
    'PROXY TCP6 192.0.2.7 ::1 4711 80\r\n',
    'PROXY TCP4 192.0.2.300 10.0.0.1 4711 80\r\n',
    'PROXY TCP4 192.0.2.7 10.0.0.1 4711 65536\r\n',
    'PROXY TCP4 192.0.2.7 10.0.0.1 4711\r\n',
    'PROXY TCP4 192.0.2.7 10.0.0.1 4711 80 1\r\n',
    'PROXY TCP4  192.0.2.7 10.0.0.1 4711 80\r\n',
    'PROXY TCP4 192.0.2.7\n10.0.0.1 4711 80\r\n',
    'PROXY UDP4 192.0.2.7 10.0.0.1 4711 80\r\n',
    'PROXY UNKNOWNS\r\n',
    'proxy TCP4 192.0.2.7 10.0.0.1 4711 80\r\n',
    'GET / HTTP/1.1\r\n',
    '\u0016\u0003\u0001',
  ])('is not %j', (text) => {
    expect(read(text)).toBe('broken');
  });

  it('ends within 107 bytes', () => {
    const start = 'PROXY UNKNOWN ';
    expect(read(`${start.padEnd(105, 'x')}\r\n`)).toEqual({ size: 107, source: undefined });
    expect(read(`${start.padEnd(106, 'x')}\r\n`)).toBe('broken');
    expect(read(start.padEnd(107, 'x'))).toBe('broken');
  });
});

describe('a header of version 2', () => {
  const IPV6 = [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 7, ...Array(16).fill(0), 1, 2, 3, 4];
  const MAPPED = [...Array(10).fill(0), 0xff, 0xff, 192, 0, 2, 7, ...Array(16).fill(0), 1, 2, 3, 4];
  it.each([
    ['IPv4', { family: 0x11, body: IPV4 }, '192.0.2.7'],
    ['IPv6', { family: 0x21, body: IPV6 }, '2001:db8::7'],
    ['IPv4 as IPv6', { family: 0x21, body: MAPPED }, '192.0.2.7'],
    ['further values behind it', { family: 0x11, body: [...IPV4, 3, 0, 4, 1, 2, 3, 4] }, '192.0.2.7'],
    ['a socket file', { family: 0x31, body: Array(216).fill(47) }, undefined],
    ['no address', { family: 0x00, body: [] }, undefined],
    ['the proxy itself (LOCAL)', { command: 0x20, family: 0x11, body: IPV4 }, undefined],
    ['the proxy itself, in a word', { command: 0x20, family: 0x77, body: [] }, undefined],
  ])('with %s', (_, header, source) => {
    const bytes = v2Header(header);
    const whole = readProxyHeader(Buffer.concat([bytes, Buffer.from('GET /')]), 'any');
    expect(whole).toEqual({ size: bytes.length, source });
    for (let length = 0; length < bytes.length; length++)
      expect(readProxyHeader(bytes.subarray(0, length), 'any')).toBe('more');
  });

  it.each([
    ['addresses longer than its frame', { family: 0x11, body: IPV4.slice(1) }],
    ['IPv6 addresses longer than its frame', { family: 0x21, body: IPV6.slice(1) }],
    ['a socket file longer than its frame', { family: 0x31, body: Array(215).fill(47) }],
    ['a frame of more than 4,096 bytes', { family: 0x11, body: Array(4081).fill(0) }],
    ['datagrams', { family: 0x12, body: IPV4 }],
    ['a family that nobody knows', { family: 0x41, body: IPV4 }],
    ['another command', { command: 0x22, family: 0x11, body: IPV4 }],
    ['another version', { command: 0x11, family: 0x11, body: IPV4 }],
  ])('is not one with %s', (_, header) => {
    // Told from its first 16 bytes: nothing is waited for.
    expect(readProxyHeader(v2Header(header).subarray(0, 16), 'any')).toBe('broken');
  });

  it('may have 4,096 bytes', () => {
    const body = [...IPV4, ...Array(4080 - IPV4.length).fill(0)];
    expect(readProxyHeader(v2Header({ family: 0x11, body }), 'v2')).toEqual({
      size: 4096,
      source: '192.0.2.7',
    });
  });
});

it('a header of the other version is none', () => {
  expect(read('PROXY UNKNOWN\r\n', 'v2')).toBe('broken');
  expect(readProxyHeader(v2Header({ family: 0x11, body: IPV4 }), 'v1')).toBe('broken');
});
