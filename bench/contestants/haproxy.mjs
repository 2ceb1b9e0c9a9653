// HAProxy's settings: one process, one thread, with its own JWT check and without any.
// The check follows HAProxy's documentation (http_auth_bearer, jwt_payload_query, jwt_verify, since 2.5).
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { findTool } from '../children.mjs';
import { ISSUER } from '../tokens.mjs';

/** @param {string} publicKeyFile */
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

/** @param {import('./registry.mjs').Context} context @param {string} rules */
const settings = (context, rules) => `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend clients
  bind 127.0.0.1:${context.port}${rules}
  default_backend upstream
backend upstream
  server one 127.0.0.1:${context.upstreamPort}
`;

/** @param {import('./registry.mjs').Context} context @param {string} rules @returns {import('./registry.mjs').Launch} */
function describe(context, rules) {
  const file = path.join(context.directory, 'haproxy.cfg');
  writeFileSync(file, settings(context, rules));
  return { command: [findTool('haproxy') ?? 'haproxy', '-db', '-q', '-f', file] };
}

/** @param {import('./registry.mjs').Context} context */
export const describeHaproxy = (context) => describe(context, '');

/** @param {import('./registry.mjs').Context} context */
export const describeHaproxyWithJwt = (context) => describe(context, jwtRules(context.publicKeyFile));
