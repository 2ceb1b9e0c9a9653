// Sidecars over a running guard: the rules beside a key hold within a second, a broken one makes its issuer unusable and no
// other, and no moment gives more than the file of before or the new one.
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startTestGuard, until } from '../support/guard.ts';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, type Pair, PUBLISH, startPair } from '../support/pair.ts';
import { DEADLINE_MS } from '../support/wait-for.ts';
import { makeWorkspace } from '../support/workspace.ts';

const VIEWER = 'roles = [viewer]\n';
const PUBLISHER = 'roles = [publisher]\n';

const write = (pair: Pair, name: string, text: string) =>
  writeFileSync(join(pair.guard.keysDirectory, name), text);

/** The status that is to come, and only what may be seen until then. */
async function settle(
  pair: Pair,
  method: string,
  target: string,
  wanted: number,
  meanwhile: readonly number[],
) {
  const endMs = performance.now() + DEADLINE_MS;
  for (;;) {
    const { status } = await pair.ask(method, target);
    if (status === wanted) return;
    expect(meanwhile).toContain(status);
    if (performance.now() > endMs) throw new Error(`${status}, not ${wanted}`);
  }
}

const reads = (pair: Pair, wanted: number, meanwhile: readonly number[]) =>
  settle(pair, 'GET', BROKERS, wanted, meanwhile);
const publishes = (pair: Pair, wanted: number, meanwhile: readonly number[]) =>
  settle(pair, 'POST', PUBLISH, wanted, meanwhile);

const KEYS = { 'ops.pub': OPS.publicPem };
/** Asked again and again while nothing is usable yet: nobody has to wait for that here. */
const PATIENT = 'limits.failures = none';

const startRuled = (text = VIEWER) =>
  startPair({ keys: { ...KEYS, 'ops.policy.conf': text }, guard: PATIENT });

describe('a sidecar', () => {
  it('holds from the start', async () => {
    const pair = await startRuled();
    await reads(pair, 200, [401]);
    expect((await pair.ask('POST', PUBLISH)).status).toBe(403);
    expect(pair.guard.lines).toContain(
      'policy: 1 of 1 issuers have rules, every other has the role admin (guard.policy.default_role)',
    );
  });

  it('that comes, changes and goes holds without a restart', async () => {
    const pair = await startPair();
    expect((await pair.ask('POST', PUBLISH)).status).toBe(200);
    write(pair, 'ops.policy.conf', VIEWER);
    // Until it is settled, what was before goes on.
    await publishes(pair, 403, [200]);
    await reads(pair, 200, []);
    write(pair, 'ops.policy.conf', PUBLISHER);
    await publishes(pair, 200, [403]);
    await reads(pair, 403, []);
    rmSync(join(pair.guard.keysDirectory, 'ops.policy.conf'));
    await reads(pair, 200, [403]);
    for (const what of ['added', 'changed', 'removed'])
      expect(pair.guard.lines).toContain(`ops.pub: rules ${what}`);
  });

  it('and the settings both have to allow', async () => {
    const pair = await startPair({
      keys: { ...KEYS, 'ops.policy.conf': 'roles = [viewer, publisher]' },
      guard: 'policy.issuers { ops.pub { roles = [publisher, admin], deny = [control] } }',
    });
    await publishes(pair, 200, [401]);
    expect((await pair.ask()).status).toBe(200);
    expect((await pair.ask('POST', '/api/v4/reload')).status).toBe(403);
  });

  it('in the keys directory holds for a key file that the settings name, too', async () => {
    const directory = makeWorkspace({ 'hall.pub': OPS.publicPem });
    const pair = await startPair({
      keys: { 'hall.policy.conf': VIEWER },
      httpServer: `jwt.public.keyfile = "${join(directory, 'hall.pub')}"`,
    });
    const status = async (method: string, target: string) => {
      const token = mintToken(OPS, { iss: 'hall.pub' });
      return (await pair.send(buildHead(method, target, [`Authorization: Bearer ${token}`]))).status;
    };
    expect(await status('GET', BROKERS)).toBe(200);
    expect(await status('POST', PUBLISH)).toBe(403);
    expect(pair.guard.lines.join('\n')).not.toContain('holds for nobody');
  });

  it('for a name without suffix holds as for the full one', async () => {
    const pair = await startPair({
      keys: { ...KEYS, 'ops.policy.conf': VIEWER },
      guard: 'token.issuer_suffix = optional',
    });
    await reads(pair, 200, [401]);
    const token = mintToken(OPS, { iss: 'ops' });
    const answer = await pair.send(buildHead('POST', PUBLISH, [`Authorization: Bearer ${token}`]));
    expect(answer.status).toBe(403);
  });

  it('is no key and no name that is ignored', async () => {
    const pair = await startRuled();
    expect(pair.guard.lines[0]).toMatch(/1 usable issuers, 0 unusable, 0 other names ignored$/);
  });
});

describe('a sidecar that cannot be used', () => {
  const BROKEN: readonly (readonly [what: string, text: string, says: RegExp])[] = [
    [
      'an unknown role',
      'roles = [viewr]',
      /line 1:1: roles names "viewr", which is unknown; did you mean viewer\?/,
    ],
    [
      'an unknown action',
      'allow = [broker.list]',
      /names "broker\.list", which is unknown; did you mean brokers\.list\?/,
    ],
    [
      'an unknown class',
      'roles = [viewer]\ndeny = [secret]',
      /line 2:1: deny names "secret".*did you mean secrets\?/,
    ],
    ['an unknown member', 'role = [viewer]', /line 1:1: role is unknown; did you mean roles\?/],
    ['every address', 'sources = ["0.0.0.0/0"]', /sources must be less than every address/],
    ['a wrong time', 'not_after = tomorrow', /not_after must be a day/],
    ['a broken block', 'roles = [viewer', /line \d+:\d+: /],
    ['an include', 'include "other.conf"', /it may include nothing/],
    ['a substitution', `roles = [$\{ROLE}]`, /It may hold no/],
    ['nothing', ' \n', /The file is empty/],
    ['only a comment', '# roles = [viewer]', /It holds no rule/],
    ['64 KB and more', `roles = [viewer]\n#${'x'.repeat(65_536)}`, /larger than 64 KiB/],
  ];

  it.each(BROKEN)('(%s) makes its issuer unusable, and says why', async (_, text, says) => {
    const other = makeIssuer();
    const pair = await startPair({
      keys: { ...KEYS, 'ops.policy.conf': text, 'other.pub': other.publicPem, 'other.policy.conf': VIEWER },
    });
    await until(
      () =>
        pair.guard.lines.some(
          (line) => line.startsWith('warning: ops.policy.conf is not used') && says.test(line),
        ),
      `a line that says ${says}: ${pair.guard.lines.join('\n')}`,
    );
    const answer = await pair.ask();
    expect([answer.status, JSON.parse(answer.body).reason]).toEqual([401, 'token_rejected']);
    expect((await pair.soleRecord()).reason).toBe('key_unusable');
    const head = [`Authorization: Bearer ${mintToken(other, { iss: 'other.pub' })}`];
    await until(() => pair.guard.running !== undefined, 'the guard runs');
    await delay(150);
    expect((await pair.send(buildHead('GET', BROKERS, head))).status).toBe(200);
  });

  it('and is mended gives its issuer back', async () => {
    const pair = await startRuled('roles = [nobody]');
    expect((await pair.ask()).status).toBe(401);
    write(pair, 'ops.policy.conf', VIEWER);
    await reads(pair, 200, [401]);
    expect((await pair.ask('POST', PUBLISH)).status).toBe(403);
  });
});

describe('a sidecar is said', () => {
  it('where it has no key', async () => {
    const pair = await startPair({ keys: { ...KEYS, 'dev.policy.conf': VIEWER } });
    expect(pair.guard.lines).toContain(
      'warning: dev.policy.conf holds for nobody: there is no key dev.pub or dev.pem',
    );
    expect((await pair.ask()).status).toBe(200);
  });

  it('where it fits two keys, and holds for both', async () => {
    const pair = await startPair({
      keys: { ...KEYS, 'ops.pem': OPS.publicPem, 'ops.policy.conf': VIEWER },
    });
    expect(pair.guard.lines.join('\n')).toContain('warning: ops.policy.conf holds for ops.pem and ops.pub');
    await reads(pair, 200, [401]);
    for (const iss of ['ops.pub', 'ops.pem']) {
      const token = mintToken(OPS, { iss });
      const answer = await pair.send(buildHead('POST', PUBLISH, [`Authorization: Bearer ${token}`]));
      expect(answer.status).toBe(403);
    }
  });
});

describe('a sidecar that is replaced gives at no moment more than before or after', () => {
  /** The end of the file takes away what its beginning gives. */
  const LINES = ['roles = [admin]\n', 'deny = [publish, control, config, users, secrets, code]\n'] as const;

  it('by a writer that takes its time', async () => {
    const pair = await startRuled();
    await reads(pair, 200, [401]);
    for (let round = 0; round < 5; round++) {
      const path = join(pair.guard.keysDirectory, 'ops.policy.conf');
      writeFileSync(path, LINES[0]);
      const writing = delay(60).then(() => appendFileSync(path, LINES[1]));
      for (let call = 0; call < 20; call++) {
        expect((await pair.ask('POST', PUBLISH)).status).toBe(403);
        await delay(10);
      }
      await writing;
    }
  });

  it('by a rename', async () => {
    const pair = await startRuled();
    await reads(pair, 200, [401]);
    const path = join(pair.guard.keysDirectory, 'ops.policy.conf');
    for (const [text, wanted] of [
      [PUBLISHER, 403],
      [VIEWER, 200],
      [PUBLISHER, 403],
    ] as const) {
      writeFileSync(`${path}.tmp`, text);
      renameSync(`${path}.tmp`, path);
      await reads(pair, wanted, [wanted === 200 ? 403 : 200]);
      expect((await pair.ask('POST', '/api/v4/ctrl/stop')).status).toBe(403);
    }
  });

  it('by the ..data swap of Kubernetes, with its key', async () => {
    const pair = await startPair({ keys: {}, guard: PATIENT });
    const directory = pair.guard.keysDirectory;
    const publish = (generation: number, rules: string) => {
      const folder = `..2030_${generation}`;
      mkdirSync(join(directory, folder));
      writeFileSync(join(directory, folder, 'ops.pub'), OPS.publicPem);
      writeFileSync(join(directory, folder, 'ops.policy.conf'), rules);
      symlinkSync(folder, join(directory, '..data_tmp'));
      renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
      rmSync(join(directory, `..2030_${generation - 1}`), { recursive: true, force: true });
    };
    publish(1, VIEWER);
    for (const name of ['ops.policy.conf', 'ops.pub']) symlinkSync(`..data/${name}`, join(directory, name));
    await reads(pair, 200, [401]);
    for (const [generation, rules, wanted] of [
      [2, PUBLISHER, 403],
      [3, VIEWER, 200],
      [4, PUBLISHER, 403],
    ] as const) {
      publish(generation, rules);
      await reads(pair, wanted, [wanted === 200 ? 403 : 200]);
      expect((await pair.ask('POST', '/api/v4/ctrl/stop')).status).toBe(403);
    }
  });
});

it('a sidecar among many keys is read at the start', async () => {
  const keys: Record<string, string> = {};
  for (let at = 0; at < 50; at++) {
    keys[`i${at}.pub`] = OPS.publicPem;
    keys[`i${at}.policy.conf`] = at % 2 === 0 ? VIEWER : PUBLISHER;
  }
  const guard = await startTestGuard({ upstreamUrl: 'http://127.0.0.1:1', keys });
  expect(guard.lines.join('\n')).toContain('50 of 50 issuers have rules');
  await guard.stop();
});
