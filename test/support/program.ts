// The built product as a process: what a user starts, with its streams and its exit code.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';
import { watchOutput } from './secrets.ts';
import { DEADLINE_MS } from './wait-for.ts';

export const MAIN = join(ROOT, 'dist', 'main.js');

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  /** Leads a process group, so that a signal can go to it and its children at once, as a terminal sends it. */
  readonly ownGroup?: boolean;
}

export interface RunningProgram {
  readonly child: ChildProcess;
  readonly ended: Promise<Finished>;
  stdout(): string;
  stderr(): string;
  /** Waits until standard error matches; rejects when the process ends first. */
  told(pattern: RegExp, deadlineMs?: number): Promise<RegExpExecArray>;
  stop(signal?: NodeJS.Signals): Promise<Finished>;
}

refuseStaleBuild();

/** `broker-guard ARGS`, to its end. */
export function runProgram(args: readonly string[], options: RunOptions): Promise<Finished> {
  return startProgram(args, options).ended;
}

/** `broker-guard ARGS`. */
export function startProgram(args: readonly string[], options: RunOptions): RunningProgram {
  return startProcess(process.execPath, [MAIN, ...args], options);
}

export function startProcess(file: string, args: readonly string[], options: RunOptions): RunningProgram {
  const identity = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid };
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: options.ownGroup ?? false,
    ...identity,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // What these are for is to print one.
  const isForSecrets = /(?:^|\s)(?:token|jwks)\s/.test(`${args.join(' ')} `);
  watchOutput(
    {
      what: [file, ...args].join(' '),
      printed: () => (isForSecrets ? stderr : `${stdout}\n${stderr}`),
      isOver: () => child.exitCode !== null || child.signalCode !== null,
    },
    options.cwd,
  );
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  const ended = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr: withoutTimes(stderr) }));
  });
  return {
    child,
    ended,
    stdout: () => stdout,
    stderr: () => withoutTimes(stderr),
    told: (pattern, deadlineMs = DEADLINE_MS) =>
      awaitText(child, () => withoutTimes(stderr), pattern, deadlineMs),
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

/** What a guard says begins with the time where nobody watches; cli/log.test.ts looks at that. */
const withoutTimes = (text: string): string => text.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z /gm, '');

function awaitText(child: ChildProcess, text: () => string, pattern: RegExp, deadlineMs: number) {
  return new Promise<RegExpExecArray>((resolve, reject) => {
    const finish = (result: RegExpExecArray | Error) => {
      clearTimeout(timer);
      child.stderr?.off('data', look);
      child.off('close', fail);
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    const look = () => {
      const match = pattern.exec(text());
      if (match !== null) finish(match);
    };
    const fail = () => finish(new Error(`the process ended without ${pattern}:\n${text()}`));
    const timer = setTimeout(
      () => finish(new Error(`not within ${deadlineMs} ms: ${pattern}\n${text()}`)),
      deadlineMs,
    );
    child.stderr?.on('data', look);
    child.on('close', fail);
    look();
  });
}

/** The ports a started guard announces. */
export async function announcedPorts(program: RunningProgram): Promise<{ front: number; service: number }> {
  const [, front, service] = await program.told(
    /listening on https?:\/\/\S+:(\d+), service on http:\/\/\S+:(\d+)\n/,
  );
  return { front: Number(front), service: Number(service) };
}

/** Whether a process is there; one that has ended and waits for its parent to hear of it is not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    // Without /proc the signal alone has answered.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && !existsSync('/proc/self/stat');
  }
}

/** Tests of the product must not judge an older one. */
function refuseStaleBuild(): void {
  const builtAtMs = statSync(MAIN, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const changed = sources.find(
    (name) => name.endsWith('.ts') && modifiedMs(join(ROOT, 'src', name)) > builtAtMs,
  );
  if (changed !== undefined) throw new Error(`dist/ is older than src/${changed}: run npm run build first`);
}

/** An editor's draft may be gone again. */
function modifiedMs(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
