// Hosts of their own on this machine: network namespaces, each with a wire to this one. Making them needs a right that most
// containers do not give; where it is missing, tests that need them are skipped.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { onTestFinished } from 'vitest';

export interface Host {
  /** Its own address. */
  readonly address: string;
  /** Of this machine, as it sees it. */
  readonly gateway: string;
  /** Starts a program there. */
  start(command: string, args: readonly string[]): ChildProcess;
  /** Runs a program there to its end, and gives what it prints. */
  run(command: string, args: readonly string[]): Promise<string>;
}

const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'pipe' });

/** Of networks that RFC 5737 keeps for examples: nobody is there. */
const networkOf = (index: number): string => `192.0.2.${index * 4}`;

/** @param index 0 to 63, another one for each host at the same time */
export function makeHost(index: number): Host {
  const name = `bg-${process.pid}-${index}`;
  const [near, far] = [`bg${process.pid % 100_000}n${index}`, `bg${process.pid % 100_000}f${index}`];
  const [gateway, address] = [1, 2].map((last) =>
    networkOf(index).replace(/\d+$/, (at) => `${Number(at) + last}`),
  );
  onTestFinished(() => void spawnSync('ip', ['netns', 'del', name]));
  ip('netns', 'add', name);
  ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', name);
  ip('addr', 'add', `${gateway}/30`, 'dev', near);
  ip('link', 'set', near, 'up');
  ip('-n', name, 'addr', 'add', `${address}/30`, 'dev', far);
  ip('-n', name, 'link', 'set', far, 'up');
  const start = (command: string, args: readonly string[]): ChildProcess => {
    const child = spawn('ip', ['netns', 'exec', name, command, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  };
  return {
    address: String(address),
    gateway: String(gateway),
    start,
    run: (command, args) =>
      new Promise((resolve, reject) => {
        const child = start(command, args);
        let printed = '';
        child.stdout?.setEncoding('utf8').on('data', (text: string) => {
          printed += text;
        });
        child.once('error', reject).once('close', () => resolve(printed));
      }),
  };
}

/** For `skipIf`. */
export function mayMakeHosts(): boolean {
  const name = `bg-${process.pid}-try`;
  const isMade = spawnSync('ip', ['netns', 'add', name]).status === 0;
  const isWired =
    isMade &&
    spawnSync('ip', ['link', 'add', 'bgtry', 'type', 'veth', 'peer', 'name', 'bgtryf', 'netns', name])
      .status === 0;
  if (isMade) spawnSync('ip', ['netns', 'del', name]);
  return isWired;
}
