// A private key in the keys directory is told whatever its name is, once, and never used.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  block,
  filed,
  makeDirectory,
  openStore,
  pem,
  privateKey,
  thumbprint,
  waitForLine,
} from './material.ts';

const secret = (): string => privateKey(0).export({ format: 'pem', type: 'pkcs8' }).toString();
const alarm = (name: string) => `warning: ${name} is not used: A PRIVATE KEY lies in this file. Move it away`;

describe('a private key among the public ones', () => {
  it.each(['leak.key', 'ops.pub.bak', 'README', 'ops.pfx'])('is told under the name %s', async (name) => {
    const { store, lines } = await openStore(makeDirectory({ 'ops.pub': pem(0), [name]: secret() }));
    expect(lines.filter((line) => line.includes('PRIVATE KEY'))).toEqual([
      expect.stringContaining(alarm(name)),
    ]);
    expect(filed(store, 'ops.pub')).toBe(await thumbprint(0));
    expect(store.lookup(name)).toBeUndefined();
  });

  it.each([
    ['.ops.key.swp', '".ops.key.swp"'],
    ['a\nb', '"a\\nb"'],
  ])('is told under the name %j as %s, which cannot break the line', async (name, printed) => {
    const { lines } = await openStore(makeDirectory({ [name]: secret() }));
    expect(lines.filter((line) => line.includes('PRIVATE KEY'))).toEqual([
      expect.stringContaining(alarm(printed)),
    ]);
  });

  it('is told when it comes while the guard runs, in whatever steps, and told once', async () => {
    const directory = makeDirectory({ 'ops.pub': pem(0), 'ops.key': '' });
    const { lines } = await openStore(directory);
    expect(lines.filter((line) => line.startsWith('warning'))).toEqual([]);
    writeFileSync(join(directory, 'ops.key'), secret());
    await waitForLine(lines, /ops\.key is not used: A PRIVATE KEY/);
    writeFileSync(join(directory, 'dev.pub'), pem(1));
    await waitForLine(lines, /dev\.pub: key added/);
    expect(lines.filter((line) => line.includes('PRIVATE KEY'))).toHaveLength(1);
  });

  it('does not make an ignored name disappear from the list of those', async () => {
    const { store } = await openStore(makeDirectory({ 'leak.key': secret(), README: 'hello' }));
    expect(store.snapshot().ignored).toEqual(['README', 'leak.key']);
  });

  it('is not seen in a public key, a certificate request or a text about keys', async () => {
    const directory = makeDirectory({
      'ops.pub': pem(0),
      'ops.pub.bak': pem(0),
      'ops.csr': block('CERTIFICATE REQUEST', Buffer.from('x')),
      README: 'Never put a private key here.',
    });
    const { lines } = await openStore(directory);
    expect(lines.filter((line) => line.startsWith('warning'))).toEqual([]);
  });
});
