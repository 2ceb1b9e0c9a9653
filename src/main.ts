#!/usr/bin/env node
// The process edge: arguments, streams, signals and the exit code. The only place that ends the process.
import { createRequire } from 'node:module';
import { relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { runProgram } from './cli/program.ts';
import { quoteForShell } from './cli/shell.ts';
import { EXIT, type Terminal } from './cli/terminal.ts';

// A reader that goes away (| head) must not turn into a crash.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

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

const terminal: Terminal = {
  print: (result) => process.stdout.write(result),
  report: (line) => process.stderr.write(`${line}\n`),
  readInput: () => text(process.stdin),
  pid: process.pid,
  now: Date.now,
  self: `node ${quoteForShell(relative(process.cwd(), process.argv[1] ?? 'dist/main.js'))}`,
  untilStopped: () => {
    stopped ??= awaitStop();
    return stopped;
  },
  onReload: (reload) => process.on('SIGHUP', reload),
};

process.exitCode = await runProgram(process.argv.slice(2), terminal, version);
