// The page about a year keeps its word: its commands run one after the other as they are printed, but for the ports and the
// folder of another disk.
import { cpSync, existsSync, readdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { makeClone } from './support/clone.ts';
import { readCommands } from './support/page.ts';
import { isRunning } from './support/program.ts';
import { ROOT } from './support/root.ts';
import { lacks } from './support/tools.ts';
import { openYear, type Year } from './support/year.ts';

const PAGE = readCommands('docs/year.md');
const done = { code: 0 };
const answered = { code: 0, data: [] };

type Chapter = (year: Year, blocks: readonly string[]) => Promise<void>;

const CHAPTERS: Readonly<Record<string, Chapter>> = {
  async Install(year, [install]) {
    const clone = makeClone();
    symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
    expect(await year.run(install, clone)).toMatchObject(done);
    // For the chapter about a new version.
    const [packed = ''] = readdirSync(clone).filter((name) => name.endsWith('.tgz'));
    cpSync(join(clone, packed), join(year.cwd, packed));
  },

  async 'The first key'(year, [init, audit, look, serve, call]) {
    expect(await year.run(init)).toMatchObject(done);
    year.writeCredentials();
    expect(await year.run(audit)).toMatchObject(done);
    const looked = await year.run(look);
    expect(looked).toMatchObject(done);
    expect(looked.stdout).toContain('the broker has answered');
    expect(looked.stdout).not.toMatch(/^problem/m);
    expect(await year.run(serve)).toMatchObject(done);
    await year.untilSaid('guard.log', ' listening on ');
    expect(JSON.parse((await year.run(call)).stdout)).toMatchObject({ code: 0 });
  },

  async 'A token that renews itself'(year, [renew]) {
    expect(await year.run(renew)).toMatchObject({ ...done, stderr: '' });
    const first = year.read('grafana.token');
    expect(decodeJwt(first.trim())).toMatchObject({ iss: 'ops.pub', sub: 'grafana' });
    expect(await year.run(renew)).toMatchObject(done);
    expect(year.read('grafana.token')).toBe(first);
  },

  async 'What to watch'(year, [look, refused, prometheus]) {
    expect(await year.statusOf('none')).toBe('401');
    const looked = await year.runUntil(look, ({ stdout }) => stdout.includes('outcome="denied"'));
    expect(looked).toMatchObject(done);
    expect(looked.stdout).toContain('"ready":true');
    expect(looked.stdout).toMatch(/requests_total\{.*outcome="allowed".*\} 2$/m);
    expect(looked.stdout).toMatch(/requests_total\{.*outcome="denied",reason="token_malformed".*\} 1$/m);
    expect(looked.stdout).toMatch(/issuer_keys\{state="unusable"\} 0$/m);
    expect(looked.stdout).toMatch(/upstream_waiting 0$/m);
    expect(looked.stdout).toMatch(/audit_records_lost_total 0$/m);
    const records = await year.runUntil(refused, ({ code }) => code === 0);
    expect(JSON.parse(records.stdout)).toMatchObject({ outcome: 'denied', reason: 'token_malformed' });
    const checked = await year.run(prometheus);
    expect(checked).toMatchObject({ ...done, stderr: '' });
    expect(checked.stdout).toMatch(/SUCCESS: \d+ rules found/);
  },

  async 'A token is lost'(year, [byFile, isRefused, anew, byId, bySubject, byTime, list]) {
    const stolen = year.read('grafana.token');
    await year.run('broker-guard token ops.key --subject plant --lifetime 1h --out plant.token');
    await year.run('broker-guard token ops.key --subject anna --lifetime 1h --out anna.token');
    const [plant, anna] = [year.read('plant.token'), year.read('anna.token')];
    expect([await year.statusOf(plant), await year.statusOf(anna)]).toEqual(['200', '200']);

    expect(await year.run(byFile)).toMatchObject(done);
    const answer = await year.runUntil(isRefused, ({ stdout }) => stdout.includes('token_revoked'));
    expect(JSON.parse(answer.stdout)).toMatchObject({ reason: 'token_revoked' });
    expect(await year.statusOf(plant)).toBe('200');
    expect(JSON.parse((await year.run(anew)).stdout)).toEqual(answered);

    expect(await year.run(byId)).toMatchObject(done);
    expect(await year.run(bySubject)).toMatchObject(done);
    const robot = year.read('robot.token');
    await untilRefused(year, robot, anna);
    expect(await year.statusOf(plant)).toBe('200');
    const before = year.read('grafana.token');
    expect(await year.statusOf(before)).toBe('200');

    expect(JSON.parse((await year.run(byTime)).stdout.split('\n').at(-1) as string)).toEqual(answered);
    await untilRefused(year, stolen, robot, anna, plant, before);
    expect(await year.statusOf(year.read('grafana.token'))).toBe('200');
    expect((await year.run(list)).stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^the token with the SHA-256 [\w-]{43}, until \S+Z \(laptop stolen\)$/),
      expect.stringMatching(/^the token with the jti robot-7 of ops\.pub, until \S+Z \(robot sold\)$/),
      expect.stringMatching(/^tokens of the subject anna of ops\.pub, until \S+Z \(has left\)$/),
      expect.stringMatching(/^tokens issued before \S+Z of ops\.pub, until \S+Z \(backup stolen\)$/),
    ]);
  },

  async 'A new key'(year, [add, goOver, inUse, takeOut]) {
    const first = year.read('grafana.token');
    expect(await year.run(add)).toMatchObject(done);
    expect(await year.run(goOver)).toMatchObject(done);
    const second = year.read('grafana.token');
    expect(second).not.toBe(first);
    const used = await year.run(inUse);
    expect(used.stdout.trim().split('\n')).toEqual([
      expect.stringMatching(
        /^usable {4}ops\.pub {2}RSA 2048 {2}[\w-]{43} {2}\S+Z {2}\d+ calls, \d+ refused$/,
      ),
      expect.stringMatching(/^usable {4}ops\.pub {2}RSA 2048 {2}[\w-]{43} {2}\S+Z {2}1 call$/),
    ]);
    expect(await year.run(takeOut)).toMatchObject(done);
    await untilRefused(year, first);
    expect(await year.statusOf(second)).toBe('200');
  },

  async 'The certificate ends'(year, [serve, look, renew, inForce, end]) {
    expect(await year.run(serve)).toMatchObject(done);
    await year.untilSaid('tls.log', ' listening on https:');
    const looked = await year.run(look);
    expect(looked).toMatchObject(done);
    const warning = 'guard.tls.certificate expires ';
    expect([looked.stdout.includes(warning), looked.stderr.includes(warning)]).toEqual([true, true]);
    const [, metric] = /expiry_timestamp_seconds (\d+)$/m.exec(looked.stdout) ?? [];
    const shown = endOf(looked.stdout);
    expect(shown).toBe(Number(metric));
    expect(daysUntil(shown)).toBeCloseTo(10, 1);

    const pid = year.pidIn('tls.pid');
    expect(await year.run(renew)).toMatchObject(done);
    const renewed = await year.runUntil(inForce, ({ code }) => code === 0);
    expect(renewed).toMatchObject(done);
    expect(renewed.stdout).toMatch(/ renewed TLS files are in place, good until \d{4}-\d\d-\d\d\n/);
    expect(daysUntil(endOf(renewed.stdout))).toBeCloseTo(365, 1);
    expect(JSON.parse(renewed.stdout.split('\n').at(-1) as string)).toEqual(answered);
    expect(isRunning(pid)).toBe(true);
    expect(await year.run(end)).toMatchObject(done);
  },

  async 'A new version'(year, [beside, swap]) {
    const checked = await year.run(beside);
    expect(checked).toMatchObject(done);
    expect(checked.stdout).toContain('The settings are good');
    const before = year.pidIn('guard.pid');
    expect(await year.run(swap)).toMatchObject(done);
    await year.untilSaid('guard.log', ' listening on ', 2);
    expect({ isGone: !isRunning(before), isAnother: year.pidIn('guard.pid') !== before }).toEqual({
      isGone: true,
      isAnother: true,
    });
    expect(await year.statusOf(year.read('grafana.token'))).toBe('200');
  },

  async 'The disk is full'(year, [look, move, again]) {
    const [audit, pid, token] = [
      join(year.cwd, 'audit.log'),
      year.pidIn('guard.pid'),
      year.read('grafana.token'),
    ];
    // A disk that is full, for this file.
    renameSync(audit, join(year.cwd, 'earlier.log'));
    symlinkSync('/dev/full', audit);
    process.kill(pid, 'SIGUSR1');
    await year.untilSaid('guard.log', 'opened again');
    expect([await year.statusOf(token), await year.statusOf(token)]).toEqual(['200', '200']);
    const full = await year.runUntil(look, ({ stdout }) => /lost_total 2$/m.test(stdout));
    expect(full).toMatchObject(done);
    expect(full.stdout).toMatch(/^broker_guard_audit_records_lost_total 2\n.*cannot be written \(ENOSPC\)/);

    expect(await year.run(move)).toMatchObject(done);
    expect(readdirSync(year.archive)).toEqual(['audit.log.1']);
    await year.untilSaid('guard.log', 'opened again', 2);
    const room = await year.runUntil(again, ({ stdout }) => stdout.includes(' are lost'));
    expect(room.stdout).toMatch(/ audit records are written again; 2 are lost\n\{.*"outcome":"allowed"/);
    expect({ pid: year.pidIn('guard.pid'), isRunning: isRunning(pid) }).toEqual({ pid, isRunning: true });
    expect(existsSync(join(year.cwd, 'audit.log.1'))).toBe(false);
  },

  async 'The broker is down'(year, [ready, check, readyAgain]) {
    await year.broker.close();
    expect((await year.run(ready)).stdout).toMatch(/"upstream":"upstream_unreachable".*\n503\n$/);
    const down = await year.run(check);
    expect(down.code).toBe(1);
    expect(down.stderr).toMatch(/gives no usable answer \(upstream_unreachable/);
    expect(await year.statusOf(year.read('grafana.token'))).toBe('502');
    await year.startBrokerAgain();
    expect(JSON.parse((await year.run(readyAgain)).stdout)).toMatchObject({ ready: true });
  },
};

/** With what was seen instead. */
async function untilRefused(year: Year, ...tokens: readonly string[]): Promise<void> {
  for (const token of tokens)
    await expect.poll(() => year.statusOf(token), { timeout: 5000, interval: 0 }).toBe('401');
}

/** Unix seconds of what `openssl x509 -enddate` has said. */
const endOf = (text: string): number => Date.parse(/^notAfter=(.*)$/m.exec(text)?.[1] ?? '') / 1000;

const daysUntil = (seconds: number): number => (seconds - Date.now() / 1000) / 86_400;

describe.skipIf(lacks('git', 'curl', 'openssl', 'promtool'))('a year with a guard', () => {
  it('goes from the first installation to a broker that is down and up again, with every command of the page', async () => {
    const year = await openYear();
    for (const [title, blocks] of PAGE) {
      const walk = CHAPTERS[title];
      if (walk === undefined) throw new Error(`nobody walks through the chapter "${title}"`);
      await walk(year, blocks);
      expect(blocks.filter((block) => !year.hasRun(block))).toEqual([]);
    }
  }, 240_000);
});
