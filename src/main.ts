#!/usr/bin/env node
// The process edge: arguments, streams, signals and the exit code. The only place that ends the process.
import { createRequire } from 'node:module';
import { relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { runProgram } from './cli/program.ts';
import { EXIT, type Terminal } from './cli/terminal.ts';

// A reader that goes away (| head) must not turn into a crash.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

const quote = (path: string): string =>
  /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;

const terminal: Terminal = {
  print: (result) => process.stdout.write(result),
  report: (line) => process.stderr.write(`${line}\n`),
  readInput: () => text(process.stdin),
  now: Date.now,
  self: `node ${quote(relative(process.cwd(), process.argv[1] ?? 'dist/main.js'))}`,
  untilStopped: () =>
    new Promise((resolve) => {
      let asked = false;
      const stop = () => {
        // Whoever asks twice does not want to wait for the drain.
        if (asked) process.exit(EXIT.refused);
        asked = true;
        resolve();
      };
      process.on('SIGTERM', stop);
      process.on('SIGINT', stop);
    }),
  onReload: (reload) => process.on('SIGHUP', reload),
};

process.exitCode = await runProgram(process.argv.slice(2), terminal, version);
