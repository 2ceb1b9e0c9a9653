// A page in a real Chromium: served from an origin of its own, it runs what it is given and sends the result home. That
// takes no driver, only a server that waits.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';
import { listenOnLoopback } from './loopback.ts';
import { lacks } from './tools.ts';
import { makeWorkspace } from './workspace.ts';

export const lacksChromium = lacks('chromium');

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
];

export interface Site {
  readonly origin: string;
  /** Opens the site's page in a browser of its own: `script` is the body of an async function. Gives what it returns. */
  run(script: string): Promise<unknown>;
}

/** A web site that ends with the test. */
export async function startSite(): Promise<Site> {
  let page = '';
  let take = (_: string) => {};
  const server = createServer(async (req, res) => {
    if (req.method !== 'POST') return void res.setHeader('content-type', 'text/html').end(page);
    let text = '';
    for await (const chunk of req.setEncoding('utf8')) text += chunk;
    res.end();
    take(text);
  });
  const port = await listenOnLoopback(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    async run(script) {
      page = toPage(script);
      const result = new Promise<string>((resolve) => {
        take = resolve;
      });
      const stop = openBrowser(origin);
      try {
        return JSON.parse(await Promise.race([result, stop.ended]));
      } finally {
        await stop.now();
      }
    },
  };
}

/** The page may not fail in silence: what is thrown is the result. */
const toPage = (script: string): string => `<!doctype html><script>
const run = async () => { ${script} };
run().catch((error) => ({ thrown: String(error) })).then((result) =>
  fetch('/', { method: 'POST', body: JSON.stringify(result) }));
</script>`;

const PATIENCE_MS = 60_000;

function openBrowser(url: string) {
  const profile = makeWorkspace();
  // Its helpers are of the same group, and end with it.
  const child = spawn('chromium', [...FLAGS, `--user-data-dir=${profile}`, url], {
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, HOME: profile },
  });
  const exited = once(child, 'exit');
  const timer = setTimeout(() => kill(), PATIENCE_MS);
  const kill = () => {
    clearTimeout(timer);
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid as number), 'SIGKILL');
  };
  return {
    ended: exited.then(([code, signal]): never => {
      throw new Error(`chromium ended (${code ?? signal}) before its page had a result`);
    }),
    async now() {
      kill();
      await exited;
    },
  };
}
