// The field: who takes part, what each one checks, and how its process is described.
// Knows no scenario and measures nothing.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { findTool } from '../children.mjs';
import { describeGuard, findGuard } from './guard.mjs';
import { describeHaproxy, describeHaproxyWithJwt } from './haproxy.mjs';
import { describeNginx } from './nginx.mjs';
import { describeServer } from './server.mjs';

/**
 * @typedef {object} Context what a contestant is told
 * @property {string} directory its own, empty
 * @property {number} port to listen on, loopback
 * @property {number} upstreamPort loopback
 * @property {string} publicKeyFile SPKI PEM of the only issuer, bench.pub
 * @property {string[]} publicKeys PEM of every issuer that signs, bench.pub first
 * @property {number} servicePort of the guard's own listener
 * @property {number} issuers how many key files the guard has
 * @property {number} [limitConn] the HTTP workers of the broker, as its settings have them
 *
 * @typedef {object} Launch
 * @property {string[]} command
 * @property {string} [readyUrl] answers 200 when it can serve; otherwise the first HTTP answer will do
 * @property {string} [outputFile] where standard output goes
 * @property {string} [metricsUrl]
 * @property {Record<string, string>} [env]
 *
 * @typedef {object} Contestant
 * @property {string} id
 * @property {string} title
 * @property {'each request' | 'cached' | 'no'} checks the token
 * @property {() => string | undefined} missing why it cannot run here
 * @property {(context: Context) => Launch} describe
 */

const resolvePackage = createRequire(import.meta.url).resolve;

/** @param {string} tool */
const needsTool = (tool) => () => (findTool(tool) ? undefined : `${tool} is not installed`);

/** @param {string[]} packages */
const needsPackages = (packages) => () => {
  try {
    for (const name of packages) resolvePackage(name);
    return undefined;
  } catch {
    return 'its packages are not installed: run npm ci in bench/';
  }
};

/** @param {string} id @param {string} title @param {Contestant['checks']} checks @param {string[]} packages */
const server = (id, title, checks, packages) => ({
  id,
  title,
  checks,
  missing: needsPackages(packages),
  describe: describeServer(id),
});

/** @type {Contestant[]} */
export const CONTESTANTS = [
  {
    id: 'guard',
    title: 'broker-guard',
    checks: 'cached',
    missing: () => (existsSync(findGuard()) ? undefined : 'dist/main.js is missing: run npm run build'),
    describe: (context) => describeGuard(context),
  },
  {
    id: 'haproxy-jwt',
    title: 'HAProxy, jwt_verify RS256 + exp',
    checks: 'each request',
    missing: needsTool('haproxy'),
    describe: describeHaproxyWithJwt,
  },
  {
    id: 'haproxy',
    title: 'HAProxy, no check',
    checks: 'no',
    missing: needsTool('haproxy'),
    describe: describeHaproxy,
  },
  {
    id: 'nginx',
    title: 'nginx proxy_pass, no check',
    checks: 'no',
    missing: needsTool('nginx'),
    describe: describeNginx,
  },
  server('fastify', 'Fastify + @fastify/jwt (cache on) + @fastify/http-proxy', 'cached', [
    'fastify',
    '@fastify/jwt',
    '@fastify/http-proxy',
  ]),
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

/** Another version of the guard, to be measured beside this one. @param {string} root its checkout, built @returns {Contestant} */
export const guardBefore = (root) => ({
  id: 'before',
  title: 'broker-guard, the version before',
  checks: 'cached',
  missing: () =>
    existsSync(findGuard(root)) ? undefined : `${findGuard(root)} is missing: build that checkout`,
  describe: (context) => describeGuard(context, 1, root),
});
