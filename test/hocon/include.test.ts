// Includes: merging, prefixed substitutions, and never a byte from outside the main file's directory.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readHocon } from '../../src/hocon/read.ts';
import { type HoconDocument, HoconError, type HoconOptions } from '../../src/hocon/value.ts';

let base: string;
let directory: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'hocon-include-'));
  directory = join(base, 'conf');
  mkdirSync(directory);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function write(name: string, content: string | Uint8Array): void {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

const read = (text: string, options: Partial<HoconOptions> = {}): HoconDocument =>
  readHocon(text, { file: join(directory, 'nanomq.conf'), environment: {}, ...options });

describe('an include', () => {
  it('merges the file where the statement stands', () => {
    write('more.conf', 'a = 2\nb { x = 1 }');
    expect(read('a = 1\ninclude "more.conf"\nb.y = 2').root).toEqual({ a: 2, b: { x: 1, y: 2 } });
    expect(read('include "more.conf"\na = 1').root).toEqual({ a: 1, b: { x: 1 } });
  });

  it.each([
    'include "more.conf"',
    'include file("more.conf")',
    'include required("more.conf")',
    'include required(file("more.conf"))',
    'include required( file( "more.conf" ) )',
    'include\n\n"more.conf"',
    'include"more.conf", z = 1',
    'b { include "more.conf" }',
  ])('is written %j', (text) => {
    write('more.conf', 'a = 1');
    expect(JSON.stringify(read(text).root)).toContain('"a":1');
  });

  it('reads JSON and nested directories', () => {
    write('conf.d/x.json', '{"a": [1]}');
    expect(read('include "conf.d/x.json"').root).toEqual({ a: [1] });
  });

  it('tries .json and then .conf where the name has no extension, and merges both', () => {
    write('more.json', '{"a": 1, "b": 1}');
    write('more.conf', 'b = 2');
    expect(read('include "more"').root).toEqual({ a: 1, b: 2 });
  });

  it('is relative to the file that says so', () => {
    write('sub/one.conf', 'include "two.conf"');
    write('sub/two.conf', 'a = 1');
    expect(read('include "sub/one.conf"').root).toEqual({ a: 1 });
  });

  it('may go up again as long as it stays inside', () => {
    write('sub/one.conf', 'include "../two.conf"');
    write('two.conf', 'a = 1');
    expect(read('include "sub/one.conf"').root).toEqual({ a: 1 });
  });

  it('may name an absolute path inside the directory', () => {
    write('more.conf', 'a = 1');
    expect(read(`include "${join(directory, 'more.conf')}"`).root).toEqual({ a: 1 });
  });

  it('is nothing when the file is absent', () => {
    expect(read('include "absent.conf"\ninclude "absent"\na = 1').root).toEqual({ a: 1 });
  });

  it('is an error when the file is required and absent', () => {
    expect(() => read('a = 1\ninclude required("absent.conf")')).toThrow(
      /nanomq\.conf:2:1: the required file "absent\.conf" does not exist/,
    );
  });

  it('asks the given reader with an absolute path', () => {
    const asked: string[] = [];
    const readInclude = (path: string): string => {
      asked.push(path);
      return 'a = 1';
    };
    expect(read('include "virtual.conf"', { readInclude }).root).toEqual({ a: 1 });
    expect(asked).toEqual([join(directory, 'virtual.conf')]);
  });

  it('is left alone in blocks that are not followed', () => {
    write('more.conf', 'a = 1');
    const text = 'auth { password = {include "/etc/nanomq_pwd.conf"} }\nguard { include "more.conf" }';
    const { root, notes } = read(text, { wantedBlocks: ['guard'] });
    expect(root).toEqual({ auth: { password: {} }, guard: { a: 1 } });
    expect(notes).toMatchObject([
      {
        kind: 'skipped',
        line: 1,
        message: expect.stringMatching(/^auth\.password: .* lies outside .* is skipped/),
      },
    ]);
    expect(() => read(text)).toThrow(/lies outside/);
  });

  it('names the included file and its line in errors and positions', () => {
    write('sub/more.conf', 'a = 1\nb = "x');
    expect(() => read('include "sub/more.conf"')).toThrow(join(directory, 'sub/more.conf:2:5: a string'));
    write('sub/more.conf', 'a = 1');
    expect(read('include "sub/more.conf"').positionOf(['a'])).toEqual({
      file: join(directory, 'sub/more.conf'),
      line: 1,
      column: 1,
    });
  });

  it('counts as the block it stands in when conflicts are looked for', () => {
    write('more.conf', 'port = 1');
    expect(read('h { include "more.conf"\n port = 2 }').conflicts).toEqual([]);
    expect(read('h { include "more.conf" }\nh { port = 2 }').conflicts).toHaveLength(1);
  });
});

describe('a substitution in an included file', () => {
  it('is looked up below the including block first', () => {
    write('more.conf', `x = 10\ny = \${x}`);
    expect(read('a { include "more.conf" }\nx = 1').root).toEqual({ a: { x: 10, y: 10 }, x: 1 });
    expect(read('a { include "more.conf" }\na { x = 42 }').root).toEqual({ a: { x: 42, y: 42 } });
  });

  it('is looked up from the root next, and in the environment last', () => {
    write('more.conf', `y = \${x}\nz = \${Z}`);
    const { root } = read('a.b { include "more.conf" }\nx = 1', { environment: { Z: 'env' } });
    expect(root).toEqual({ a: { b: { y: 1, z: 'env' } }, x: 1 });
  });

  it('looks back to what the including block set before', () => {
    write('more.conf', `p = \${p}":more"`);
    expect(read('a { p = first\n include "more.conf" }').root).toEqual({ a: { p: 'first:more' } });
  });

  it('is refused where a list hides the path', () => {
    write('more.conf', `x = 1\ny = \${x}`);
    expect(() => read('a = [{ include "more.conf" }]')).toThrow(
      /more\.conf:2:5: a file included inside a list/,
    );
    write('more.conf', 'x = 1');
    expect(read('a = [{ include "more.conf" }]').root).toEqual({ a: [{ x: 1 }] });
  });
});

describe('an include never leaves the directory of the main file', () => {
  beforeEach(() => writeFileSync(join(base, 'secret.conf'), 'stolen = true'));

  it.each([
    '../secret.conf',
    'sub/../../secret.conf',
    '../conf/../secret.conf',
    '../secret',
    '/etc/hostname.conf',
  ])('by the name %s', (name) => {
    expect(() => read(`a = 1\ninclude "${name}"`)).toThrow(
      /nanomq\.conf:2:1: the included file lies outside/,
    );
  });

  it('by an absolute name', () => {
    expect(() => read(`include "${join(base, 'secret.conf')}"`)).toThrow(/lies outside/);
  });

  it('by a sibling directory whose name begins alike', () => {
    mkdirSync(join(base, 'conf-other'));
    writeFileSync(join(base, 'conf-other', 'x.conf'), 'stolen = true');
    expect(() => read('include "../conf-other/x.conf"')).toThrow(/lies outside/);
  });

  it('by a link to a file', () => {
    symlinkSync(join(base, 'secret.conf'), join(directory, 'link.conf'));
    expect(() => read('include "link.conf"')).toThrow(/is a link that leads out of the directory/);
  });

  it('by a link to a directory', () => {
    symlinkSync(base, join(directory, 'up'));
    expect(() => read('include "up/secret.conf"')).toThrow(/is a link that leads out/);
  });

  it('by a link, for a reader of the caller either', () => {
    symlinkSync(join(base, 'secret.conf'), join(directory, 'link.conf'));
    const readInclude = (): string => 'stolen = true';
    expect(() => read('include "link.conf"', { readInclude })).toThrow(/is a link/);
  });

  it('but follows links that stay inside, as a mounted Kubernetes volume has them', () => {
    write('..2024/more.conf', 'a = 1');
    symlinkSync('..2024', join(directory, '..data'));
    symlinkSync(join('..data', 'more.conf'), join(directory, 'more.conf'));
    expect(read('include required("more.conf")').root).toEqual({ a: 1 });
  });

  it('but works in a directory that is itself reached by a link', () => {
    write('more.conf', 'a = 1');
    symlinkSync(directory, join(base, 'linked'));
    expect(read('include required("more.conf")', { file: join(base, 'linked', 'nanomq.conf') }).root).toEqual(
      {
        a: 1,
      },
    );
  });
});

describe('an included file is refused', () => {
  const refuses = (text: string, message: RegExp): void => {
    expect(() => read(text)).toThrow(HoconError);
    expect(() => read(text)).toThrow(message);
  };

  it('when it is a directory', () => {
    mkdirSync(join(directory, 'x.conf'));
    refuses('include "x.conf"', /cannot be read \(not a regular file\)/);
  });

  it('when it is a FIFO, without waiting for a writer', () => {
    execFileSync('mkfifo', [join(directory, 'x.conf')]);
    refuses('include "x.conf"', /cannot be read \(not a regular file\)/);
  });

  it('when it is not UTF-8', () => {
    write('x.conf', new Uint8Array([0x61, 0x3d, 0xff]));
    refuses('include "x.conf"', /not UTF-8/);
  });

  it('when it is larger than 1 MiB', () => {
    write('x.conf', '#'.repeat(1024 * 1024 + 1));
    refuses('include "x.conf"', /larger than 1 MiB/);
  });

  it('when links lead in a circle', () => {
    symlinkSync('x.conf', join(directory, 'x.conf'));
    refuses('include "x.conf"', /cannot be read \(ELOOP\)/);
  });

  it('when it is a list', () => {
    write('x.json', '[1]');
    refuses('include "x.json"', /x\.json:1:1: the file is a list/);
  });

  it('when it has another extension, is unnamed or holds a NUL', () => {
    refuses('include "x.txt"', /ends in \.conf or \.json/);
    refuses('include ""', /names no file/);
    refuses(String.raw`include "x\u0000.conf"`, /names no file/);
  });

  it('when it includes itself', () => {
    write('x.conf', 'include "x.conf"');
    refuses('include "x.conf"', /nested more than 8 deep: does a file include itself/);
  });

  it('when it is one of too many', () => {
    write('x.conf', 'a = 1');
    expect(read('include "x.conf"\n'.repeat(32)).root).toEqual({ a: 1 });
    refuses('include "x.conf"\n'.repeat(33), /:33:1: more than 32 includes/);
  });

  it('when blocks around it and in it nest too deep together', () => {
    write('x.conf', `${'a { '.repeat(40)}${'} '.repeat(40)}`);
    refuses(`${'a { '.repeat(40)} include "x.conf" ${'} '.repeat(40)}`, /more than 64 deep/);
  });
});
