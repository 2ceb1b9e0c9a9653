// What the documents point at is there: files, headings, commands with their flags, npm scripts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from './support/command.ts';
import { ROOT } from './support/root.ts';

const PAGES = ['.', 'docs', 'docs/bench', 'docs/brokers', 'bench', 'keys'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);
const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** Without code, whose brackets are no links and whose `#` are no headings. */
const proseOf = (page: string): string => read(page).replace(/^```[\s\S]*?^```/gm, '');

/** A heading as GitHub makes an anchor of it. */
const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => slugOf(heading as string));

const LINKS = PAGES.flatMap((page) =>
  [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link as string)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => ({ page, link })),
);

/** What stands in blocks of shell commands and between backticks. */
const CODE = PAGES.flatMap((page) => {
  const blocks = [...read(page).matchAll(/^```(?:sh)?\n([\s\S]*?)^```/gm)].map(
    ([, block]) => block as string,
  );
  const spans = [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, span]) => span as string);
  return [...blocks.flatMap((block) => block.split('\n')), ...spans].map((code) => ({ page, code }));
});
/** The parts of code that follow a pattern, up to where the shell goes on with something else. */
const findUses = (pattern: RegExp) =>
  CODE.flatMap(({ page, code }) =>
    [...code.matchAll(pattern)].map(([, use]) => ({ page, use: (use as string).trim() })),
  );
const COMMANDS = [
  ...findUses(/(?:dist\/main\.js|^broker-guard) ([a-z][^)|>;&]*)/g),
  ...findUses(/npm start -- ([^)|>;&]+)/g).map(({ page, use }) => ({ page, use: `serve ${use}` })),
];
const SCRIPTS = findUses(/npm run ([a-z:]+)/g);

describe('a link', () => {
  it.each(LINKS)('in $page leads somewhere: $link', ({ page, link }) => {
    const [path, anchor] = link.split('#') as [string, string | undefined];
    const target = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path));
    expect(existsSync(join(ROOT, target))).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(target)).toContain(anchor);
  });
});

const FILES = findUses(/^((?:src|test|bench|docs)\/[\w./-]+)$/g);

describe('a file', () => {
  it.each(FILES)('that $page names is there: $use', ({ use }) => {
    expect(existsSync(join(ROOT, use))).toBe(true);
  });

  it('is named for each step of the way of a request', () => {
    const steps = readdirSync(join(ROOT, 'src/steps')).map((name) => `src/steps/${name}`);
    const named = FILES.filter(({ page }) => page === 'docs/architecture.md').map(({ use }) => use);
    const frame = ['src/steps/state.ts', 'src/steps/step.ts'];
    expect(steps.filter((step) => !frame.includes(step) && !named.includes(step))).toEqual([]);
  });
});

describe('a command', () => {
  it.each(COMMANDS)('in $page is one of the program, with flags it has: $use', async ({ use }) => {
    const [name = '', ...words] = use.split(/\s+/);
    const { code, stdout } = await runCommand([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: broker-guard ${name} `);
    for (const flag of words.filter((word) => word.startsWith('--'))) expect(stdout).toContain(`${flag} `);
  });

  it('of the program has a row in the page about operation', async () => {
    const { stdout } = await runCommand(['--help']);
    const names = [...stdout.matchAll(/^ {2}([a-z]+) (?:\[options\]|<)/gm)].map(([, name]) => name);
    const rows = [...read('docs/operation.md').matchAll(/^\| `broker-guard ([a-z]+)/gm)].map(
      ([, name]) => name,
    );
    expect(names.length).toBeGreaterThan(5);
    expect(rows).toEqual(names);
  });

  it.each(SCRIPTS)('of npm in $page is a script: $use', ({ use }) => {
    expect(JSON.parse(read('package.json')).scripts).toHaveProperty([use]);
  });
});
