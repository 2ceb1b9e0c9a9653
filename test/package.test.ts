// The tarball that would be published: what linters of packages say of it, and what happens in an empty folder.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { announcedPorts, startProcess } from './support/program.ts';
import { ROOT } from './support/root.ts';
import { lacks } from './support/tools.ts';
import { makeWorkspace } from './support/workspace.ts';

const bin = (name: string) => join(ROOT, 'node_modules', '.bin', name);
const run = (file: string, args: readonly string[], cwd: string): string =>
  execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Packed from what is built: `prepare` would build again under the feet of other tests. */
function pack(): { folder: string; tarball: string } {
  const folder = makeWorkspace();
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], ROOT);
  return { folder, tarball: join(folder, readdirSync(folder)[0] as string) };
}

describe('the packed tarball', () => {
  it('holds what runs and what people read, and no test, key or source', () => {
    const { folder, tarball } = pack();
    const files = run('tar', ['-tzf', tarball], folder).trim().split('\n');
    expect(files).toEqual(
      expect.arrayContaining(['package/dist/main.js', 'package/dist/library.d.ts', 'package/README.md']),
    );
    expect(files.filter((file) => /\/(?:test|src|keys|bench)\/|\.(?:key|pub|pem)$/.test(file))).toEqual([]);
  });

  it('has no complaint of publint and attw', () => {
    const { folder, tarball } = pack();
    expect(run(bin('publint'), ['--strict', tarball], folder)).toContain('All good!');
    // Node 20.19 and later load an ES module by require as well.
    const args = [tarball, '--ignore-rules', 'cjs-resolves-to-esm', '--format', 'ascii', '--no-color'];
    expect(run(bin('attw'), args, folder)).toContain('No problems found');
  });

  it('has a command with the flags that npm start gives to Node', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const { folder, tarball } = pack();
    run('tar', ['-xzf', tarball], folder);
    const flagsOf = (text: string) => text.split(/\s+/).filter((word) => word.startsWith('--'));
    const script = readFileSync(join(folder, 'package/dist/broker-guard'), 'utf8');
    expect(flagsOf(scripts.start)).not.toEqual([]);
    expect(flagsOf(script)).toEqual(flagsOf(scripts.start));
  });

  it.skipIf(lacks('curl'))(
    'is installed for everybody, and the call it prints works for an ordinary user in an empty folder',
    async () => {
      const { tarball } = pack();
      const prefix = makeWorkspace();
      run(
        'npm',
        ['install', '-g', '--prefix', prefix, '--no-audit', '--no-fund', '--ignore-scripts', tarball],
        prefix,
      );
      const cwd = makeWorkspace();
      const env = { PATH: `${join(prefix, 'bin')}:${process.env.PATH}`, HOME: cwd };
      chmodSync(prefix, 0o755);
      const isRoot = process.getuid?.() === 0;
      if (isRoot) chownSync(cwd, 65_534, 65_534);
      const options = { cwd, env, ...(isRoot && { uid: 65_534 }) };
      const guard = startProcess(
        'broker-guard',
        ['serve', '--listen', '127.0.0.1:0', '--service-listen', '127.0.0.1:0'],
        options,
      );
      onTestFinished(() => void guard.child.kill('SIGKILL'));
      const [line] = await guard.told(/^ {2}curl .*$/m);
      expect(line).toMatch(/\$\(broker-guard token operator\.key\)/);
      const call = await startProcess('sh', ['-c', line], options).ended;
      expect(JSON.parse(call.stdout)).toMatchObject({ code: 0 });
      expect((await guard.stop()).code).toBe(0);
    },
    120_000,
  );

  it('is installed in an empty folder, imported without a trace, compiled against, and started', async () => {
    const { tarball } = pack();
    const app = makeWorkspace({ 'package.json': '{"type":"module"}' });
    run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', tarball], app);
    const script = `
      const trace = () => JSON.stringify([process.eventNames(), process.env]);
      const before = trace();
      const { openGuard } = await import('broker-guard');
      process.stdout.write(typeof openGuard + ' ' + (trace() === before));`;
    expect(run(process.execPath, ['--input-type=module', '--eval', script], app)).toBe('function true');
    const use = `
      import { openGuard, type Identity } from 'broker-guard';
      import http from 'node:http';
      const guard = await openGuard({ keysDir: '.', token: { maxLifetime: '1h' } });
      const greet = guard.handler((_req, res, who: Identity) => res.end(who.issuer));
      http.createServer(greet).unref();
      const said = guard.authenticate('a.b.c');
      if (!said.allowed) process.stdout.write(said.reason);
      await guard.close();
      export {};`;
    writeFileSync(join(app, 'use.ts'), use);
    const compile = [
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--outDir',
      'out',
      '--types',
      'node',
    ];
    const types = ['--typeRoots', join(ROOT, 'node_modules/@types')];
    run(bin('tsc'), [...compile, ...types, 'use.ts'], app);
    cpSync(join(app, 'out/use.js'), join(app, 'use.js'));
    expect(run(process.execPath, ['use.js'], app)).toBe('token_malformed');
    const guard = startProcess(
      join(app, 'node_modules/.bin/broker-guard'),
      ['serve', '--listen', '127.0.0.1:0', '--service-listen', '127.0.0.1:0'],
      { cwd: app },
    );
    onTestFinished(() => void guard.child.kill('SIGKILL'));
    const { service } = await announcedPorts(guard);
    await guard.told(/\$\(npx broker-guard token operator\.key\)/);
    expect((await fetch(`http://127.0.0.1:${service}/readyz`)).status).toBe(200);
    expect((await guard.stop()).code).toBe(0);
  }, 120_000);
});
