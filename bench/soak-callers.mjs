// The good callers of the soak: eight on kept connections, and ten new connections a second. Tells their latencies when asked.
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const KEPT = 8;
const PAUSE_MS = 15;
const NEW_EVERY_MS = 100;

const { port, token } = JSON.parse(process.argv[2] ?? '{}');
const headers = { authorization: `Bearer ${token}` };

class Seen {
  /** @type {number[]} */
  times = [];
  wrong = 0;

  report() {
    const sorted = this.times.sort((a, b) => a - b);
    /** @param {number} share */
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    const result = { p50: at(0.5), p99: at(0.99), count: sorted.length, wrong: this.wrong };
    this.times = [];
    this.wrong = 0;
    return result;
  }
}

const kept = new Seen();
const fresh = new Seen();

/** One call, from asking to the last byte. @param {http.Agent | false} agent @param {Seen} seen */
function call(agent, seen) {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const fail = () => {
      seen.wrong += 1;
      resolve(undefined);
    };
    const options = { port, host: '127.0.0.1', path: '/api/v4/brokers', agent, headers, timeout: 30_000 };
    const request = http.get(options, (answer) => {
      answer.resume().once('error', fail);
      answer.once('end', () => {
        if (answer.statusCode !== 200) return fail();
        seen.times.push(performance.now() - startedAt);
        resolve(undefined);
      });
    });
    request.once('timeout', () => request.destroy());
    request.once('error', fail);
  });
}

async function keepCalling() {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (;;) {
    await call(agent, kept);
    await delay(PAUSE_MS);
  }
}

for (let caller = 0; caller < KEPT; caller += 1) void keepCalling();
setInterval(() => void call(false, fresh), NEW_EVERY_MS);
process.on('message', () => process.send?.({ kept: kept.report(), fresh: fresh.report() }));
