// The field: who takes part, whether it checks the token, and how its process is started. Each is told a directory of its
// own, ports, and the keys; knows no scenario and measures nothing.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTool } from '../children.mjs';
import { ISSUER } from '../tokens.mjs';
import { describeGuard, findGuard } from './guard.mjs';

const resolvePackage = createRequire(import.meta.url).resolve;

/** As HAProxy's documentation has it (http_auth_bearer, jwt_payload_query, jwt_verify, since 2.5). */
const jwtRules = (publicKeyFile) => `
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request set-var(txn.iss) var(txn.bearer),jwt_payload_query('$.iss')
  http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }
  http-request deny deny_status 401 unless { var(txn.iss) -m str ${ISSUER} }
  http-request deny deny_status 401 unless { var(txn.exp),sub(txn.now) -m int gt 0 }
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_verify(txn.alg,"${publicKeyFile}") -m int 1 }`;

/** One process, one thread. */
const haproxySettings = ({ port, upstreamPort }, rules) => `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend clients
  bind 127.0.0.1:${port}${rules}
  default_backend upstream
backend upstream
  server one 127.0.0.1:${upstreamPort}
`;

/** One process, kept-alive connections, bodies streamed both ways, no log. */
const nginxSettings = ({ port, upstreamPort }, temporary) => `daemon off;
master_process off;
pid ${temporary}/nginx.pid;
error_log stderr crit;
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
  access_log off;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `  ${name}_temp_path ${temporary};`).join('\n')}
  keepalive_requests 1000000000;
  client_max_body_size 0;
  upstream broker {
    server 127.0.0.1:${upstreamPort};
    keepalive 64;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://broker;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
    }
  }
}
`;

const needsTool = (tool) => (findTool(tool) ? undefined : `${tool} is not installed`);

const haproxy = (id, title, checks, toRules) => ({
  id,
  title,
  checks,
  isNative: true,
  missing: () => needsTool('haproxy'),
  describe(context) {
    const file = path.join(context.directory, 'haproxy.cfg');
    writeFileSync(file, haproxySettings(context, toRules(context.publicKeyFile)));
    return { command: [findTool('haproxy'), '-db', '-q', '-f', file] };
  },
});

const NGINX = {
  id: 'nginx',
  title: 'nginx proxy_pass, no check',
  checks: 'no',
  isNative: true,
  missing: () => needsTool('nginx'),
  describe(context) {
    const file = path.join(context.directory, 'nginx.conf');
    const temporary = path.join(context.directory, 'temporary');
    mkdirSync(temporary);
    writeFileSync(file, nginxSettings(context, temporary));
    return { command: [findTool('nginx'), '-p', context.directory, '-c', file] };
  },
};

function needsPackages(packages) {
  try {
    for (const name of packages) resolvePackage(name);
    return undefined;
  } catch {
    return 'its packages are not installed: run npm ci in bench/';
  }
}

/** A program in servers/, told everything by environment. */
const server = (id, title, checks, packages) => ({
  id,
  title,
  checks,
  missing: () => needsPackages(packages),
  describe: ({ port, upstreamPort, publicKeyFile }) => ({
    command: [process.execPath, fileURLToPath(new URL(`./servers/${id}.mjs`, import.meta.url))],
    env: {
      NODE_ENV: 'production',
      BENCH_PORT: String(port),
      BENCH_UPSTREAM_PORT: String(upstreamPort),
      BENCH_PUBLIC_KEY_FILE: publicKeyFile,
    },
  }),
});

/** @param {string} [root] another, built checkout */
const guard = (id, title, root) => ({
  id,
  title,
  checks: 'cached',
  missing: () => (existsSync(findGuard(root)) ? undefined : `${findGuard(root)} is missing: build it first`),
  describe: (context) => describeGuard(context, 1, root),
});

const FASTIFY = ['fastify', '@fastify/jwt', '@fastify/http-proxy'];

/** @param {string} [before] a built checkout of another version, measured beside this one */
export const listContestants = (before) => [
  guard('guard', 'broker-guard'),
  ...(before === undefined ? [] : [guard('before', 'broker-guard, the version before', before)]),
  haproxy('haproxy-jwt', 'HAProxy, jwt_verify RS256 + exp', 'each request', jwtRules),
  haproxy('haproxy', 'HAProxy, no check', 'no', () => ''),
  NGINX,
  server('fastify', 'Fastify + @fastify/jwt (cache on) + @fastify/http-proxy', 'cached', FASTIFY),
  server('koa', 'Koa + koa-jwt + koa-better-http-proxy, as documented', 'each request', [
    'koa',
    'koa-jwt',
    'koa-better-http-proxy',
  ]),
  server('express', 'Express + express-jwt + http-proxy-middleware', 'each request', [
    'express',
    'express-jwt',
    'http-proxy-middleware',
  ]),
  server('undici', 'ceiling: node:http + undici dispatch, no check', 'no', ['undici']),
  server('node-http', 'ceiling: node:http answering itself', 'no', []),
  server('tcp-pipe', 'ceiling: TCP pipe in Node', 'no', []),
];
