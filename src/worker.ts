// The process edge of a worker: its channel to the primary process, its streams, its end. Started by
// workers/process.ts, never by hand.
import cluster from 'node:cluster';

const STDOUT = 1;

if (!cluster.isWorker) throw new Error('a worker is started by broker-guard serve alone');

// The primary process is who is asked to stop or to read again, and a terminal or a service manager asks all of
// its processes, at any time: hence before the rest is loaded. When the primary goes, the channel closes and
// node:cluster ends the worker. On SIGUSR1 Node would open its debugger, to every user of this machine.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1']) process.on(signal, () => undefined);

const { toPrintable } = await import('./observe/printable.ts');
const { openAuditLog } = await import('./observe/audit/log.ts');
const { createWorkerCalls } = await import('./process/workers/worker-calls.ts');
const { answerCall, HELLO } = await import('./process/workers/protocol.ts');

const report = (line: string): void => {
  process.stderr.write(`worker ${process.pid}: ${toPrintable(line)}\n`);
};
process.stderr.on('error', () => undefined);

// Standard output is a pipe to the primary process, which puts the records of all workers into one stream.
const calls = createWorkerCalls(openAuditLog(STDOUT, report), report);

process.on('message', async (message: Parameters<typeof answerCall>[1]) => {
  const answer = await answerCall(calls, message);
  process.send?.(answer, undefined, {}, () => {
    if (message.call === 'stop') process.exit(0);
  });
});
process.send?.({ id: HELLO });
