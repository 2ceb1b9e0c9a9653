// A corpus of settings files in both forms: each is read, to the values that NanoMQ takes from it, and where the guard
// reads a value otherwise a warning names it. The table in the docs is the one of the corpus.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectSettings } from '../../src/config/load.ts';
import { ROOT } from '../support/root.ts';

const CORPUS = join(import.meta.dirname, 'corpus');
const TABLE = join(ROOT, 'docs/settings-files.md');

type Values = Readonly<Record<string, string | number>>;

interface Entry {
  readonly file: string;
  readonly form: string;
  readonly shows: string;
  /** What NanoMQ takes from `http_server`; it stays with its default for the rest. */
  readonly nanomq: Values;
  /** Where the guard reads something else. */
  readonly guard?: Values;
}

const ENTRIES = JSON.parse(readFileSync(join(CORPUS, 'nanomq.json'), 'utf8')) as readonly Entry[];

const DEFAULTS: Values = {
  port: 8081,
  username: 'admin',
  password: 'public',
  max_body: 1_048_576,
  limit_conn: 32,
  'jwt.public.keyfile': '',
};

function read(file: string) {
  const { settings, problems, warnings } = inspectSettings(join(CORPUS, file));
  expect(problems).toEqual([]);
  const { origin, credentials, maxBodyBytes } = settings?.upstream ?? {};
  const values = {
    port: Number(new URL(origin ?? '').port),
    username: credentials?.username,
    password: credentials?.password,
    max_body: maxBodyBytes,
    limit_conn: settings?.brokerWorkers,
    'jwt.public.keyfile': settings?.extraKeyFiles[0] ?? '',
  };
  return { values, warned: warnings.map(({ name }) => name) };
}

describe('the corpus', () => {
  it('has every file in its table, and 60 at least', () => {
    const files = readdirSync(CORPUS).filter((name) => name.endsWith('.conf'));
    expect(ENTRIES.map(({ file }) => file).sort()).toEqual(files.sort());
    expect(files.length).toBeGreaterThanOrEqual(60);
  });

  it.each(ENTRIES)('$file: $shows', ({ file, nanomq, guard = {} }) => {
    const { values, warned } = read(file);
    const { ip_addr: _, auth_type: __, ...taken } = nanomq;
    expect(values).toEqual({ ...DEFAULTS, ...taken, ...guard });
    for (const name of Object.keys(guard)) expect(warned).toContain(`http_server.${name}`);
  });

  it('stands in the docs as it is', () => {
    const show = (values: Values = {}) =>
      Object.entries(values)
        .map(([name, value]) => `\`${name} = ${value}\``)
        .join(', ');
    const rows = ENTRIES.map(
      ({ file, shows, nanomq, guard }) => `| ${file} | ${shows} | ${show(nanomq)} | ${show(guard)} |`,
    );
    const printed = readFileSync(TABLE, 'utf8')
      .split('\n')
      .filter((line) => /^\| (?:hocon|old)-/.test(line));
    expect(printed).toEqual(rows);
  });
});
