// What the bench tells a contestant written for Node. Reads the environment so that the programs need not.
import { readFileSync } from 'node:fs';

export const port = Number(process.env.BENCH_PORT);
export const upstreamPort = Number(process.env.BENCH_UPSTREAM_PORT);
export const upstream = `http://127.0.0.1:${upstreamPort}`;
export const issuer = 'bench.pub';
export const host = '127.0.0.1';
export const backlog = 4096;
export const readPublicKey = () => readFileSync(process.env.BENCH_PUBLIC_KEY_FILE ?? '', 'utf8');
