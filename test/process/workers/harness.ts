// A guard of two worker processes with a broker behind it, both gone when the test is over, and how a test tells one
// worker from the other: by the beginning of its request ids.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { until } from '../../support/guard.ts';
import { makeIssuer, mintToken } from '../../support/issuers.ts';
import { isRunning, MAIN, type RunningProgram, startProcess } from '../../support/program.ts';
import { openRaw, type RawAnswer, type RawConnection, sendRaw } from '../../support/raw.ts';
import { type RecordingUpstream, type Responder, startUpstream } from '../../support/upstream.ts';
import { makeWorkspace } from '../../support/workspace.ts';

/** The issuer `ops.pub` of every crew. */
export const OPS = makeIssuer();
/** For whoever else a test wants. */
export const DEV = makeIssuer();

export interface CrewOptions {
  readonly respond?: Responder;
  /** Further lines inside `guard { }`. */
  readonly guard?: string;
  /** Further lines inside `http_server { }`. */
  readonly httpServer?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly ownGroup?: boolean;
  /** Another copy of the product. */
  readonly main?: string;
  /** Node's own flags. */
  readonly flags?: readonly string[];
}

/**
 * Tokens whose key is gone are tried again and again on a kept connection: that must not end it.
 * @param more further lines inside `guard { }`; `listen` and `workers` among them stand for those here
 */
export const writeConf = (url: string, more = '', httpServer = ''): string =>
  `guard { listen = "127.0.0.1:0", service.listen = "127.0.0.1:0", workers = 2, upstream.url = "${url}"
  limits.refused_per_connection = 1000, limits.failures = none\n ${more} }
http_server { username = u, password = p\n ${httpServer} }\n`;

export const head = (path: string, token: string, method = 'GET'): string =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`;

/** Whose answer, or whose call to the broker: a process begins all of its request ids with the same letters. */
export const workerOf = ({ headers }: Pick<RawAnswer, 'headers'>): string =>
  (headers.get('x-request-id') as string).split('-')[0] as string;

export async function openUpstream(respond?: Responder): Promise<RecordingUpstream> {
  const upstream = await startUpstream(respond);
  onTestFinished(() => upstream.close());
  return upstream;
}

/** To be called inside a test: it ends with the test. Resolves once the guard says where it listens. */
export async function startCrew(options: CrewOptions = {}): Promise<Crew> {
  const upstream = await openUpstream(options.respond);
  const cwd = makeWorkspace({
    'nanomq.conf': writeConf(upstream.url, options.guard, options.httpServer),
    'keys/ops.pub': OPS.publicPem,
    ...options.files,
  });
  return startCrewIn(cwd, upstream, options);
}

/** The same in a workspace that is there already. */
export async function startCrewIn(
  cwd: string,
  upstream: RecordingUpstream,
  { ownGroup = false, main = MAIN, flags = [] }: CrewOptions = {},
): Promise<Crew> {
  const program = startProcess(process.execPath, [...flags, main, 'serve'], { cwd, ownGroup });
  onTestFinished(async () => {
    await program.stop('SIGKILL');
  });
  const [, front, service] = await program.told(
    /listening on https?:\/\/(\S+), service on http:\/\/\S+:(\d+)\n/,
  );
  return new Crew(program, upstream, cwd, Number(front?.split(':').at(-1)), Number(service));
}

export class Crew {
  readonly program: RunningProgram;
  readonly upstream: RecordingUpstream;
  readonly cwd: string;
  /** Not a number where it listens on a socket file. */
  readonly front: number;
  readonly service: number;
  readonly token = mintToken(OPS);

  constructor(
    program: RunningProgram,
    upstream: RecordingUpstream,
    cwd: string,
    front: number,
    service: number,
  ) {
    this.program = program;
    this.upstream = upstream;
    this.cwd = cwd;
    this.front = front;
    this.service = service;
  }

  get pid(): number {
    return this.program.child.pid as number;
  }

  /** The workers there are now, as far as the guard has said. */
  get pids(): number[] {
    const said = this.program.stderr();
    const first = /^\d+ workers: pids ([\d ]+)$/m.exec(said)?.[1]?.split(' ') ?? [];
    const pids = new Set(first.map(Number));
    for (const [, pid, what] of said.matchAll(/^worker (\d+) has (ended|taken the place)/gm)) {
      if (what === 'ended') pids.delete(Number(pid));
      else pids.add(Number(pid));
    }
    return [...pids];
  }

  /** One request on a connection of its own. */
  ask(path = '/api/v4/brokers', token = this.token): Promise<RawAnswer> {
    return sendRaw(this.front, head(path, token));
  }

  /** A connection that is closed when the test is over. */
  readonly open = async (): Promise<RawConnection> => {
    const connection = await openRaw(this.front);
    onTestFinished(() => connection.destroy());
    return connection;
  };

  /** Two kept connections, one to each worker. What finds them leaves records of the method OPTIONS. */
  async openEach(): Promise<[RawConnection, RawConnection]> {
    const found = new Map<string, RawConnection>();
    for (let tries = 0; found.size < 2 && tries < 20; tries++) {
      const connection = await this.open();
      const worker = workerOf(await request(connection, '/api/v4', this.token, 'OPTIONS'));
      if (found.has(worker)) connection.destroy();
      else found.set(worker, connection);
    }
    const [one, other] = [...found.values()];
    if (one === undefined || other === undefined) throw new Error('only one worker takes connections');
    return [one, other];
  }

  /** Asks the service listener. */
  async askService(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
    const text = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    const { status, body } = await sendRaw(this.service, text);
    return { status, body: JSON.parse(body) };
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.cwd, file), text);
  }

  /** Waits until standard error, from the given length on, matches. Resolves with what was said from there. */
  async told(pattern: RegExp, from = 0): Promise<string> {
    const said = () => this.program.stderr().slice(from);
    await until(
      () => pattern.test(said()),
      () => `${pattern}\n${this.program.stderr()}`,
    );
    return said();
  }

  /** SIGHUP with this settings file. Resolves with what the guard says to it. */
  async reload(conf: string, told = /the settings were read again and are in place\n/): Promise<string> {
    this.write('nanomq.conf', conf);
    const from = this.program.stderr().length;
    this.program.child.kill('SIGHUP');
    return this.told(told, from);
  }

  /** SIGKILL to workers; resolves once others have taken their places. */
  async replace(pids: readonly number[]): Promise<void> {
    const from = this.program.stderr().length;
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    for (const pid of pids)
      await this.told(
        new RegExp(`^worker ${pid} has ended \\(SIGKILL\\): another takes its place$`, 'm'),
        from,
      );
    await until(
      () => this.pids.length === 2,
      () => `two workers again\n${this.program.stderr()}`,
    );
  }
}

/** One request on a kept connection, and its answer. */
export function request(
  connection: RawConnection,
  path: string,
  token: string,
  method = 'GET',
): Promise<RawAnswer> {
  connection.write(head(path, token, method));
  return connection.next();
}

/** The statuses of a request on each connection. */
export async function statuses(connections: readonly RawConnection[], token: string): Promise<number[]> {
  const answers = await Promise.all(
    connections.map((connection) => request(connection, '/api/v4/brokers', token)),
  );
  return answers.map(({ status }) => status);
}

/** SIGSTOP; resolves once the process really stands still. SIGCONT lets it go on, at the latest after the test. */
export async function pauseProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  onTestFinished(() => {
    if (isRunning(pid)) process.kill(pid, 'SIGCONT');
  });
  const isStopped = () => /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  await until(isStopped, `process ${pid} to stand still`);
}

/** The audit records of requests; every line has to be a record, whole. */
export const readRecords = (text: string): Record<string, unknown>[] =>
  readAllRecords(text).filter(({ type }) => type === 'audit');

/** Those of the guard itself too. */
export function readAllRecords(stdout: string): Record<string, unknown>[] {
  if (stdout === '') return [];
  expect(stdout.endsWith('\n')).toBe(true);
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line));
}
