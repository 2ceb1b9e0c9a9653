// The machine of whoever walks through docs/year.md: a broker, a folder, ports of its own, and a shell.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { takePort } from './free-port.ts';
import { type Finished, isRunning, startProcess } from './program.ts';
import { okAnswer, type RecordingUpstream, startUpstream } from './upstream.ts';
import { waitFor } from './wait-for.ts';
import { makeWorkspace } from './workspace.ts';

export type Year = Awaited<ReturnType<typeof openYear>>;

const PATIENCE_MS = 20_000;
const CREDENTIAL = `Basic ${Buffer.from('plant:the-password').toString('base64')}`;

const startBroker = (): Promise<RecordingUpstream> =>
  startUpstream(({ headers }) =>
    headers.get('authorization') === CREDENTIAL
      ? okAnswer()
      : 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n',
  );

export async function openYear() {
  const broker = await startBroker();
  onTestFinished(() => broker.close());
  const prefix = makeWorkspace();
  const cwd = makeWorkspace();
  const archive = makeWorkspace();
  const [front, service] = [await takePort(), await takePort()];
  // What depends on the machine, and nothing else.
  const own = {
    '127.0.0.1:8081': `127.0.0.1:${broker.port}`,
    '127.0.0.1:8090': `127.0.0.1:${front}`,
    '127.0.0.1:8091': `127.0.0.1:${service}`,
    '127.0.0.1:8443': `127.0.0.1:${await takePort()}`,
    '127.0.0.1:8444': `127.0.0.1:${await takePort()}`,
    '/mnt/archive': archive,
  };
  const env = { PATH: `${join(prefix, 'bin')}:${process.env.PATH}`, npm_config_prefix: prefix, HOME: prefix };
  const read = (file: string) => (existsSync(join(cwd, file)) ? readFileSync(join(cwd, file), 'utf8') : '');
  const pidIn = (file: string) => Number(read(file));
  onTestFinished(() => {
    for (const file of ['guard.pid', 'tls.pid'])
      if (read(file) !== '' && isRunning(pidIn(file))) process.kill(pidIn(file), 'SIGKILL');
  });

  const ran = new Set<string>();

  /** Runs a block; what it says, with its exit code. */
  async function run(block: string | undefined, folder = cwd): Promise<Finished> {
    if (block === undefined) throw new Error('the page has no such block');
    ran.add(block);
    const script = Object.entries(own).reduce(
      (text, [printed, mine]) => text.replaceAll(printed, mine),
      block,
    );
    return startProcess('sh', ['-euc', script], { cwd: folder, env }).ended;
  }

  return {
    cwd,
    archive,
    broker,
    read,
    pidIn,
    run,
    hasRun: (block: string): boolean => ran.has(block),
    /** Runs a block as whoever looks again does: until it is as expected, or for the last time. */
    async runUntil(block: string | undefined, isExpected: (seen: Finished) => boolean): Promise<Finished> {
      const startMs = performance.now();
      for (;;) {
        const seen = await run(block);
        if (isExpected(seen) || performance.now() - startMs > PATIENCE_MS) return seen;
      }
    },
    async statusOf(token: string): Promise<string> {
      const field = `Authorization: Bearer ${token.trim()}`;
      const url = 'http://127.0.0.1:8090/api/v4/clients';
      return (await run(`curl -s -o /dev/null -w '%{http_code}' -H "${field}" ${url}`)).stdout;
    },
    /** Waits until a log has said something so often. */
    untilSaid: (file: string, text: string, times = 1): Promise<void> =>
      waitFor(
        () => read(file).split(text).length - 1,
        (count) => count >= times,
        PATIENCE_MS,
      ),
    /** What the page asks of its reader besides its commands, and other ports than the default ones. */
    writeCredentials() {
      const text = read('nanomq.conf')
        .replace('username = "admin"', 'username = "plant"')
        .replace('password = "public"', 'password = "the-password"');
      const ports = `guard.listen = "127.0.0.1:${front}"\nguard.service.listen = "127.0.0.1:${service}"\n`;
      writeFileSync(join(cwd, 'nanomq.conf'), `${text}${ports}`);
    },
    /** The broker comes back where it was. */
    async startBrokerAgain(): Promise<void> {
      const server = createServer((_, res) => res.end('{"code":0,"data":[]}'));
      onTestFinished(() => void server.close());
      await new Promise<void>((resolve) => server.listen(broker.port, '127.0.0.1', resolve));
    },
  };
}
