// The process edge of a worker: its channel to the primary process, its streams, its end. Started by
// workers/process.ts, never by hand.
import cluster from 'node:cluster';
import type { LogStyle } from './observe/log-line.ts';

if (!cluster.isWorker) throw new Error('a worker is started by broker-guard serve alone');

// The primary process is who is asked to stop or to read again, and a terminal or a service manager asks all of
// its processes, at any time: hence before the rest is loaded. When the primary goes, the channel closes and
// node:cluster ends the worker. On SIGUSR1 Node would open its debugger, to every user of this machine.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1']) process.on(signal, () => undefined);

const { formatLogLine } = await import('./observe/log-line.ts');
const { toPrintable } = await import('./observe/printable.ts');
const { openAuditLog } = await import('./observe/audit/log.ts');
const { STDOUT } = await import('./observe/audit/output.ts');
const { createWorkerCalls } = await import('./process/workers/worker-calls.ts');
const { answerCall, HELLO } = await import('./process/workers/protocol.ts');

let style: LogStyle = { format: 'text', isTerminal: process.stderr.isTTY };
const report = (line: string): void => {
  const text = formatLogLine(`worker ${process.pid}: ${line}`, style, Date.now());
  process.stderr.write(`${toPrintable(text)}\n`);
};
process.stderr.on('error', () => undefined);

// Standard output is a pipe to the primary process, which puts the records of all workers into one stream.
const calls = createWorkerCalls(openAuditLog({ fd: STDOUT, report }), report, (settings) => {
  style = { ...style, format: settings.log.format };
});

process.on('message', async (message: Parameters<typeof answerCall>[1]) => {
  const answer = await answerCall(calls, message);
  process.send?.(answer, undefined, {}, () => {
    if (message.call === 'stop') process.exit(0);
  });
});
process.send?.({ id: HELLO });
