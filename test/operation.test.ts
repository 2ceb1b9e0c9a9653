// docs/operation.md keeps its word: the lines for logrotate work as they are printed, on a guard that runs.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEADLINE_MS, readRecords, startCrew } from './process/workers/harness.ts';
import { until } from './support/guard.ts';
import { ROOT } from './support/root.ts';
import { lacks } from './support/tools.ts';

const PAGE = readFileSync(join(ROOT, 'docs/operation.md'), 'utf8');
const PRINTED = /```\n(\/var\/log\/broker-guard\/audit\.log \{\n[\s\S]*?\n\})\n```/.exec(PAGE)?.[1] ?? '';

it.skipIf(lacks('logrotate'))(
  'rotates the audit file with the lines that docs/operation.md prints',
  async () => {
    const crew = await startCrew({ guard: 'audit.file = "log/audit.log"', files: { 'log/.keep': '' } });
    const [log, conf] = [join(crew.cwd, 'log'), join(crew.cwd, 'rotate.conf')];
    crew.write('pid', String(crew.pid));
    const owner = execFileSync('sh', ['-c', 'echo "$(id -un) $(id -gn)"'], { encoding: 'utf8' }).trim();
    // What depends on the machine, and nothing else.
    const lines = PRINTED.replace('/var/log/broker-guard', log)
      .replace('/run/broker-guard.pid', join(crew.cwd, 'pid'))
      .replace('broker-guard broker-guard', owner);
    expect(lines).toContain(`create 0600 ${owner}`);
    writeFileSync(conf, `${lines}\n`, { mode: 0o600 });
    const read = (name: string) => readFileSync(join(log, name), 'utf8');
    for (const name of ['one', 'two', 'three']) {
      await crew.ask(`/api/v4/clients/${name}`);
      await until(() => read('audit.log').includes(`/${name}"`), `the record of ${name}`, DEADLINE_MS);
      const from = crew.program.stderr().length;
      execFileSync('logrotate', ['-f', '-s', join(crew.cwd, 'state'), conf]);
      await crew.told(/opened again/, from);
    }
    await crew.program.stop();
    expect(
      readdirSync(log)
        .filter((name) => name.startsWith('audit.log'))
        .sort(),
    ).toEqual(['audit.log', 'audit.log.1', 'audit.log.2.gz', 'audit.log.3.gz']);
    const paths = ['audit.log.3.gz', 'audit.log.2.gz', 'audit.log.1'].flatMap((name) => {
      const text = name.endsWith('.gz')
        ? execFileSync('gzip', ['-dc', join(log, name)], { encoding: 'utf8' })
        : read(name);
      return readRecords(text).flatMap(({ path }) => path ?? []);
    });
    expect(paths).toEqual(['one', 'two', 'three'].map((name) => `/api/v4/clients/${name}`));
  },
  60_000,
);
