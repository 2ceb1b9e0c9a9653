// Express with express-jwt and http-proxy-middleware, as their documentation shows them.
import http from 'node:http';
import express from 'express';
import { expressjwt } from 'express-jwt';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { backlog, host, issuer, port, readPublicKey, upstream } from './assignment.mjs';

const app = express();
app.use(expressjwt({ secret: readPublicKey(), algorithms: ['RS256'], issuer }));
// Without an agent it opens one upstream connection a request and runs out of ports within seconds.
app.use(createProxyMiddleware({ target: upstream, agent: new http.Agent({ keepAlive: true }) }));
app.use((error, _request, response, _next) =>
  response.status(error.status ?? 500).json({ code: error.code }),
);
app.listen(port, host, backlog);
