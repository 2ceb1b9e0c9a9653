// Koa with koa-jwt and koa-better-http-proxy, as their documentation shows them.
import Koa from 'koa';
import proxy from 'koa-better-http-proxy';
import jwt from 'koa-jwt';
import { backlog, host, issuer, port, readPublicKey, upstreamPort } from './assignment.mjs';

const app = new Koa();
app.silent = true;
app.use(jwt({ secret: readPublicKey(), algorithms: ['RS256'], issuer }));
app.use(proxy(host, { port: upstreamPort, limit: '64mb' }));
app.listen(port, host, backlog);
