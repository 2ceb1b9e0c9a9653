// The process edge: arguments, streams, signals and the exit code. The only place that ends the process.
import { text } from 'node:stream/consumers';
import { Output } from './cli/output.ts';
import { nameSelf } from './cli/self.ts';
import { EXIT, type Terminal } from './cli/terminal.ts';
import { version } from './version.ts';

// Node would open its debugger on SIGUSR1, to every user of this machine: hence before the rest is loaded.
process.on('SIGUSR1', () => undefined);

const { runProgram } = await import('./cli/program.ts');

// Asking for the stream is what makes a pipe non-blocking: a reader of audit records that is stuck would hold a thread.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

/** Less than a person needs to press Ctrl-C again; npm passes on each one that the guard already got itself. */
const SAME_REQUEST_MS = 1000;

/** Resolves at the first SIGTERM or SIGINT. Whoever asks again later does not want to wait for the drain. */
const awaitStop = () =>
  new Promise<void>((resolve) => {
    let askedAtMs: number | undefined;
    const stop = () => {
      if (askedAtMs !== undefined && performance.now() - askedAtMs > SAME_REQUEST_MS)
        process.exit(EXIT.refused);
      askedAtMs ??= performance.now();
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });

let stopped: Promise<void> | undefined;

const output = new Output(process.stdout.fd);

const terminal: Terminal = {
  print: (result) => output.print(result),
  report: (line) => process.stderr.write(`${line}\n`),
  readInput: () => text(process.stdin),
  isWatched: { stdout: process.stdout.isTTY, stderr: process.stderr.isTTY },
  pid: process.pid,
  now: Date.now,
  self: nameSelf({
    main: process.argv[1] ?? 'dist/main.js',
    directory: process.cwd(),
    path: process.env.PATH ?? '',
  }),
  untilStopped: () => {
    stopped ??= awaitStop();
    return stopped;
  },
  onReload: (reload) => process.on('SIGHUP', reload),
  onReopen: (reopen) => process.on('SIGUSR1', reopen),
};

const exit = await runProgram(process.argv.slice(2), terminal, version);
const error = await output.finish();
// A reader that goes away (| head) has what it wanted.
if (error === undefined || error === 'EPIPE') process.exitCode = exit;
else {
  terminal.report(`standard output could not be written (${error}): what is there is not whole`);
  process.exitCode = EXIT.refused;
}
