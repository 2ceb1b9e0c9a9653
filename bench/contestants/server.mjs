// How the contestants written for Node are started: one program each in servers/, told everything by environment.
// Knows none of their insides.
import { fileURLToPath } from 'node:url';

/** @param {string} id file name in servers/ @returns {(context: import('./registry.mjs').Context) => import('./registry.mjs').Launch} */
export function describeServer(id) {
  const program = fileURLToPath(new URL(`./servers/${id}.mjs`, import.meta.url));
  return (context) => ({
    command: [process.execPath, program],
    env: {
      NODE_ENV: 'production',
      BENCH_PORT: String(context.port),
      BENCH_UPSTREAM_PORT: String(context.upstreamPort),
      BENCH_PUBLIC_KEY_FILE: context.publicKeyFile,
    },
  });
}
