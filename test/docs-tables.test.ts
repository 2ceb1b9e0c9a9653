// The tables of the documents are the program's own, row by row: settings, reasons, audit members, rooms, figures.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DenyReason, REASONS } from '../src/decision.ts';
import { makeIssuer, mintToken } from './support/issuers.ts';
import { BROKERS, buildHead, OPS, startPair } from './support/pair.ts';
import { ROOT } from './support/root.ts';
import { listSettings } from './support/settings.ts';

const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** What stands between a heading of the second level and the next one. */
function sectionOf(page: string, heading: string): string {
  const [, text] = `\n${page}\n## `.split(`\n## ${heading}\n`);
  if (text === undefined) throw new Error(`there is no heading "${heading}"`);
  return text.slice(0, text.indexOf('\n## '));
}

/** The table rows of a text, cell by cell, whose first cell begins as told. */
const rowsOf = (text: string, start = ''): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`| ${start}`))
    .map((line) => line.slice(2, -2).split(' | '));

/** The names in backticks of the first cells. */
const namesOf = (rows: readonly string[][]): string[] =>
  rows.flatMap(([cell]) => [...(cell as string).matchAll(/`([^`]+)`/g)].map(([, name]) => name as string));

/** What a chart of bars shows: the number behind each label. */
function valuesOf(svg: string): Map<string, string | undefined> {
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text as string);
  return new Map(texts.map((text, index) => [text, texts[index + 1]]));
}

describe('the settings table', () => {
  const rows = rowsOf(read('docs/settings.md'), '`');

  it('names every setting there is, once, and no other', () => {
    const names = listSettings().map(({ name }) => name);
    expect(names.length).toBeGreaterThan(30);
    expect(namesOf(rows).sort()).toEqual(names.sort());
  });

  it.each(listSettings())('shows the default of $name', ({ name, default: value }) => {
    const shown = rows.find(([cell]) => cell === `\`${name}\``)?.[1];
    if (value !== undefined) expect(shown).toBe(`\`${value}\``);
    else expect(shown).toMatch(/^none$|^from `http_server`$/);
  });
});

describe("the library's table of options", () => {
  const rows = rowsOf(read('docs/library.md'), '`');
  /** `token.expTolerance` `.iatTolerance` is two options of one block. */
  const options = rows.flatMap(([cell]) => {
    const names = [...(cell as string).matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);
    const block = (names[0] as string).split('.').slice(0, -1).join('.');
    return names.map((name) => (name.startsWith('.') ? block + name : name));
  });

  it('names every token setting there is, in camel case, and no other', () => {
    const settings = listSettings()
      .map(({ name }) => name)
      .filter((name) => name.startsWith('guard.token.'))
      .map((name) => name.slice('guard.'.length).replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()));
    expect(settings.length).toBeGreaterThan(5);
    expect(options.filter((name) => name.startsWith('token.')).sort()).toEqual(settings.sort());
  });
});

describe('the page about answers', () => {
  const page = read('docs/answers.md');

  it('has the reason table of the program, row by row', () => {
    const rows = Object.entries(REASONS).map(([reason, row]) => {
      const shown = row.shownAs ? `\`${row.shownAs}\` (audit: \`${reason}\`)` : `\`${reason}\``;
      return `| ${shown} | ${row.status} | ${row.error ?? ''} | ${row.code} | ${row.message} |`;
    });
    const printed = page.slice(page.indexOf('<!-- reasons'), page.indexOf('<!-- /reasons')).split('\n');
    expect(printed.slice(3, -1)).toEqual(rows);
  });

  it('shows a refusal as the guard writes it', async () => {
    const [, head = '', body = ''] = /```http\n([\s\S]*?)\n\n(.*)\n```/.exec(page) ?? [];
    const example = JSON.parse(body) as { reason: DenyReason };
    const pair = await startPair();
    const now = Math.floor(Date.now() / 1000);
    const token = mintToken(OPS, { iat: now - 60, exp: now - 12 });
    const answer = await pair.send(buildHead('GET', BROKERS, [`Authorization: Bearer ${token}`]));
    const given = JSON.parse(answer.body);
    expect(Object.keys(given)).toEqual(Object.keys(example));
    const shape = (text: string) => text.replace(/\d+ s ago/, 'N s ago');
    expect(shape(given.message)).toBe(shape((example as unknown as { message: string }).message));
    expect(given).toMatchObject({ reason: example.reason, code: REASONS[example.reason].code });
    for (const line of head.split('\n').slice(1)) {
      const [name, value] = line.split(/: (.*)/) as [string, string];
      if (name !== 'x-request-id') expect(shape(answer.headers.get(name) ?? name)).toBe(shape(value));
    }
  });
});

describe('the page about operation', () => {
  const page = read('docs/operation.md');

  it('explains every member of an audit record, and no other', async () => {
    const pair = await startPair({
      guard:
        'policy { default_role = viewer, issuers { ops.pub.observe = true } }, mqtt.hooks.amqtt.enable = true',
      keys: { 'ops.pub': OPS.publicPem, 'viewer.pub': OPS.publicPem },
    });
    await fetch(`http://127.0.0.1:${pair.guard.servicePort}/hooks/amqtt/user`, { method: 'POST' });
    const wanted = { sub: 'grafana', jti: '7' };
    const good = [`Authorization: Bearer ${mintToken(OPS, wanted)}`];
    await pair.send(buildHead('GET', '/api/v4/clients/pump', good));
    await pair.send(buildHead('DELETE', '/api/v4/rules/1', good));
    const viewer = mintToken(OPS, { ...wanted, iss: 'viewer.pub' });
    await pair.send(buildHead('GET', '/api/v4/clients/pump', [`Authorization: Bearer ${viewer}`]));
    const forged = mintToken(makeIssuer(), wanted);
    await pair.send(buildHead('GET', BROKERS, [`Authorization: Bearer ${forged}`]));
    await pair.ask('GET', '/api/v4//');
    const written = (await pair.records(6)).flatMap((record) =>
      Object.keys(JSON.parse(JSON.stringify(record))),
    );
    const explained = namesOf(rowsOf(sectionOf(page, 'Audit records'), '`'));
    // Written where a listener asks for certificates, which this one does not.
    expect(explained.sort()).toEqual([...new Set([...written, 'client_certificate'])].sort());
  });

  it('starts the guard with the flags of npm start', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: { start: string } };
    expect(page).toContain(`\n${scripts.start.replace('exec ', '')} `);
  });
});

describe('the page about the architecture', () => {
  it('names every room of src/, and no other', () => {
    const rooms = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    const named = namesOf(rowsOf(sectionOf(read('docs/architecture.md'), 'Rooms'), '`'));
    expect(named.sort()).toEqual(rooms.map(({ name }) => `${name}/`).sort());
  });
});

describe('the figures of the page about performance', () => {
  const page = read('docs/performance.md');
  const bench = read('docs/bench/README.md');
  const median = (cell: string | undefined): string => (cell as string).replace(/ \(.*/, '');
  const calls = rowsOf(sectionOf(bench, 'Small GET, one token again and again'));

  it('are those of the last bench: what a call costs', () => {
    expect(calls.length).toBeGreaterThan(5);
    expect(rowsOf(sectionOf(page, 'What a call costs'))).toEqual(calls);
  });

  it('are those of the last bench: every target that is not met', () => {
    const missed = rowsOf(sectionOf(bench, 'Targets')).filter((cells) => cells[3] !== 'met');
    expect(rowsOf(sectionOf(page, 'What it does not reach'))).toEqual(missed);
  });

  it('are those of the last bench: memory', () => {
    const rows = rowsOf(sectionOf(page, 'Memory')).slice(1);
    expect(rows.length).toBeGreaterThan(3);
    for (const [work, memory] of rows) {
      const [guard] = rowsOf(sectionOf(bench, work as string), '**broker-guard**');
      expect(memory, work).toBe(guard?.at(-1));
    }
  });

  it('are those of the charts beside them', () => {
    const bars = valuesOf(read('docs/bench/cpu-one-token.svg'));
    for (const [name = '', , cpu] of calls.slice(1)) {
      const label = name.replaceAll('**', '').replaceAll('@fastify/', '').replace(', as documented', '');
      expect(bars.get(label), name).toBe(median(cpu));
    }
    const peaks = valuesOf(read('docs/bench/memory.svg'));
    for (const [work = '', memory] of rowsOf(sectionOf(page, 'Memory')).slice(1)) {
      expect(peaks.get(work.replace(', 1,000 tokens of 100 issuers in rotation', '')), work).toBe(
        median(memory),
      );
    }
  });

  it('are those of the README, rounded', () => {
    const [, cpu, least, most] =
      /about (\d+) µs of CPU[\s\S]*?takes (\d+) to\s+(\d+)\s+MB/.exec(read('README.md')) ?? [];
    const guard = calls.find(([name]) => name === '**broker-guard**') as string[];
    const [peak] = rowsOf(sectionOf(bench, 'Targets'), 'Resident memory');
    expect(cpu).toBe(String(Math.round(Number(median(guard[2])))));
    expect(least).toBe(String(Math.round(Number(median(guard[6])))));
    expect(most).toBe(peak?.[1]);
  });
});
