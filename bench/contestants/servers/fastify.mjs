// Fastify with @fastify/jwt, its token cache on, and @fastify/http-proxy.
import httpProxy from '@fastify/http-proxy';
import jwt from '@fastify/jwt';
import Fastify from 'fastify';
import { backlog, host, issuer, port, readPublicKey, upstream } from './assignment.mjs';

const app = Fastify();
await app.register(jwt, {
  secret: { public: readPublicKey() },
  // Room for every token of the rotation: the default of 1,000 would let one more token empty the whole cache.
  verify: { algorithms: ['RS256'], allowedIss: issuer, cache: 2000 },
});
await app.register(httpProxy, {
  upstream,
  undici: { connections: 64, pipelining: 1 },
  preHandler: (request) => request.jwtVerify(),
});
await app.listen({ host, port, backlog });
