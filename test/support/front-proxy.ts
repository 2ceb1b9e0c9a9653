// nginx and HAProxy in front of a guard, with the very examples of docs/behind-a-proxy.md: other ports, nothing else.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { takePort } from './free-port.ts';
import { openSocket } from './raw.ts';
import { ROOT } from './root.ts';
import { DEADLINE_MS } from './wait-for.ts';
import { makeWorkspace } from './workspace.ts';

/** Loaded from here where it is a package of its own. */
export const NGINX_STREAM = '/usr/lib/nginx/modules/ngx_stream_module.so';

type Program = 'nginx' | 'haproxy';

const FRAMES: Record<Program, (text: string) => string> = {
  nginx: (text) =>
    text.startsWith('stream')
      ? `load_module ${NGINX_STREAM};\nerror_log stderr;\npid nginx.pid;\nevents { }\n${text}`
      : `error_log stderr;\npid nginx.pid;\nevents { }\nhttp {\naccess_log off;\n${text}}\n`,
  haproxy: (text) =>
    `defaults\n    timeout connect 5s\n    timeout client 20s\n    timeout server 20s\n${text}`,
};

const ARGUMENTS: Record<Program, (directory: string) => string[]> = {
  nginx: (directory) => ['-p', directory, '-c', 'proxy.conf', '-g', 'daemon off;'],
  haproxy: (directory) => ['-db', '-f', join(directory, 'proxy.conf')],
};

/** The example in the page that holds `mark`. */
function readExample(program: Program, mark: string): string {
  const page = readFileSync(join(ROOT, 'docs/behind-a-proxy.md'), 'utf8');
  const blocks = [...page.matchAll(new RegExp(`^\`\`\`${program}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, text]) => text,
  );
  const found = blocks.find((text) => text?.includes(mark));
  if (found === undefined) throw new Error(`no example of ${program} with ${mark}`);
  return found;
}

/**
 * Starts the proxy of an example in front of a guard; it ends with the test.
 * @param change of the example's text
 * @returns its port
 */
export async function startFrontProxy(
  program: Program,
  mark: string,
  guardPort: number,
  change = (text: string) => text,
): Promise<number> {
  const port = await takePort();
  const example = change(readExample(program, mark))
    .replaceAll('127.0.0.1:8090', `127.0.0.1:${guardPort}`)
    .replace(/127\.0\.0\.1:8(?:080|443)\b/, `127.0.0.1:${port}`);
  const directory = makeWorkspace();
  writeFileSync(join(directory, 'proxy.conf'), FRAMES[program](example));
  const child = spawn(program, ARGUMENTS[program](directory), { stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  for (const endMs = performance.now() + DEADLINE_MS; performance.now() < endMs; ) {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${told}`);
    const socket = await openSocket(port).catch(() => undefined);
    socket?.destroy();
    if (socket !== undefined) return port;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${program} does not listen: ${told}`);
}
