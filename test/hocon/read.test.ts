// Reading HOCON: the case tables, and the places, texts and conflicts a document knows beside its values.

import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { readHocon } from '../../src/hocon/read.ts';
import { type HoconDocument, HoconError } from '../../src/hocon/value.ts';
import { ERROR_CASES } from './cases/errors.ts';
import { NANOMQ_CASES } from './cases/nanomq.ts';
import { SUBSTITUTION_CASES } from './cases/substitutions.ts';
import { SYNTAX_CASES } from './cases/syntax.ts';

const read = (text: string, environment: Record<string, string> = {}): HoconDocument =>
  readHocon(text, { file: 'nanomq.conf', environment, readInclude: () => undefined });

function catchError(text: string): HoconError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof HoconError) return error;
    throw error;
  }
  throw new Error('the text was read');
}

describe.each([
  ['syntax', SYNTAX_CASES],
  ['substitutions', SUBSTITUTION_CASES],
  ["NanoMQ's forms", NANOMQ_CASES],
] as const)('readHocon: %s', (_name, cases) => {
  it.each(cases)('$fact', ({ text, environment, root }) => {
    expect(read(text, environment).root).toEqual(root);
  });
});

describe('readHocon: errors', () => {
  it.each(ERROR_CASES)('refuses $fact', ({ text, at, message }) => {
    const { problem } = catchError(text);
    expect(`${problem.line}:${problem.column}`).toBe(at);
    expect(problem.message).toMatch(message);
    expect(problem.file).toBe('nanomq.conf');
  });

  it('is a settings failure that shows the place once', () => {
    const error = catchError('a = 1\nb = x@y');
    expect(error).toBeInstanceOf(Failure);
    expect(error.code).toBe('settings_invalid');
    expect(error.message).toBe(`nanomq.conf:2:6: ${error.problem.message}`);
  });

  it.each([
    'password = hunter2 @',
    'password = "hunter2',
    'password = "hunter2\\q"',
    'password = hunter2 : x',
    'password = [hunter2',
    'password = [hunter2] hunter2',
    'password =\nhunter2 = x = y',
    'hunter2\na = 1',
    `p = hunter2\nq = \${p} {}`,
    `p += [hunter2]\nq = \${p}hunter2`,
  ])('never repeats a value in its message: %s', (text) => {
    expect(catchError(text).message).not.toContain('hunter2');
  });
});

describe('readHocon: objects', () => {
  it('have no prototype, at any depth', () => {
    const { root } = read('a { b = [{ c = 1 }] }');
    const a = root.a as { b: object[] };
    for (const object of [root, a, a.b[0]]) expect(Object.getPrototypeOf(object)).toBeNull();
  });

  it('leave Object.prototype as it was', () => {
    read('__proto__.polluted = 1\n"__proto__" { polluted = 2 }\nconstructor.prototype.polluted = 3');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('positionOf', () => {
  const text = `a = 1\nb {\n  c = 2\n  l = [ x,\n    { y = 3 } ]\n}\nb.c = 4\nd = \${b}\ne = \${?MISSING}\na = \${?MISSING}\n`;
  const place = (path: string[]): string | undefined => {
    const position = read(text).positionOf(path);
    return position && `${position.file}:${position.line}:${position.column}`;
  };

  it.each([
    [['a'], '1:1'],
    [['b'], '2:1'],
    [['b', 'c'], '7:1'],
    [['b', 'l', '0'], '4:9'],
    [['b', 'l', '1', 'y'], '5:7'],
    [['d', 'l'], '4:3'],
  ])('gives the place that set %j', (path, at) => {
    expect(place(path)).toBe(`nanomq.conf:${at}`);
  });

  it.each([[['e']], [['b', 'x']], [['a', 'b']], [['b', 'l', '7']], [['constructor']]])(
    'knows nothing of %j',
    (path) => {
      expect(place(path)).toBeUndefined();
    },
  );

  it('gives the line of the substitution for a scalar that came through it', () => {
    expect(read(`a = 1\nb = \${a}`).positionOf(['b'])).toMatchObject({ line: 2, column: 1 });
  });

  it('counts the lines of a triple-quoted string', () => {
    expect(read('a = """\n\n"""\n b = 1').positionOf(['b'])).toMatchObject({ line: 4, column: 2 });
  });
});

describe('textOf', () => {
  it('keeps a number as it was written', () => {
    const document = read(`a = 1.10\nb = 1e3\nc = "x"\nd { e = true }\nf = \${a}`);
    const texts = [['a'], ['b'], ['c'], ['d', 'e'], ['f']].map((path) => document.textOf(path));
    expect(texts).toEqual(['1.10', '1e3', 'x', 'true', '1.10']);
  });

  it('has none for blocks, lists and absent paths', () => {
    const document = read('a {}\nb = []');
    expect([['a'], ['b'], ['c']].map((path) => document.textOf(path))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('conflicts', () => {
  const list = (text: string): string[] =>
    read(text).conflicts.map(
      ({ path, first, second }) =>
        `${path.join('.')} ${first.line}:${first.column} ${second.line}:${second.column}`,
    );

  it.each([
    ['two blocks', 'h { port = 1 }\nh { port = 2 }', 'h.port 1:5 2:5'],
    ['two dotted keys', 'a.x = 1\na.x = 2', 'a.x 1:1 2:1'],
    ['a block and a dotted key', 'log { level = error }\nlog.level = debug', 'log.level 1:7 2:1'],
    ['a dotted key and a block', 'log.level = debug\nlog { level = error }', 'log.level 1:1 2:7'],
    ['two inner blocks', 'h {\n j { k = 1 }\n j { k = 2 }\n}', 'h.j.k 2:6 3:6'],
    ['a dotted key inside two blocks', 'h { j.k = 1 }\nh { j.k = 2 }', 'h.j.k 1:5 2:5'],
    ['blocks side by side', 'h = { k = 1 } { k = 2 }', 'h.k 1:7 1:17'],
    ['a number and a text', 'a.x = 1\na.x = "1"', 'a.x 1:1 2:1'],
    ['lists', 'a.x = [1]\na.x = [1, 2]', 'a.x 1:1 2:1'],
    ['a block cleared between', 'h { port = 1 }\nh = null\nh { port = 2 }', 'h.port 1:5 3:5'],
    ['the last value of the first block', 'h { p = 1, p = 2 }\nh { p = 1 }', 'h.p 1:12 2:5'],
  ])('names a path that %s set differently', (_how, text, conflict) => {
    expect(list(text)).toContain(conflict);
  });

  it.each([
    ['a key twice in one block', 'h { port = 1, port = 2 }'],
    ['a top-level key twice', 'port = 1\nport = 2'],
    ['equal values', 'h { port = 1 }\nh { port = 1 }\na.x = [1, { y = z }]\na.x = [1, { y = z }]'],
    ['first and last value equal', 'h.p = 1\nh.p = 2\nh.p = 1'],
    ['blocks with different keys', 'h { a = 1 }\nh { b = 2 }'],
    ['list items of one key', 'l = [{ a = 1 }, { a = 2 }]'],
    ['a setting NanoMQ cannot read', `h { port = 1 }\nh.port = \${?PORT}`],
  ])('is silent about %s', (_what, text) => {
    expect(list(text)).toEqual([]);
  });
});
