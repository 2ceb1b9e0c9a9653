// nginx's settings: one process, proxy_pass over kept-alive connections, bodies streamed both ways, no log.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findTool } from '../children.mjs';

/** @param {import('./registry.mjs').Context} context @param {string} temporary */
const settings = (context, temporary) => `daemon off;
master_process off;
pid ${temporary}/nginx.pid;
error_log stderr crit;
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${temporary};
  proxy_temp_path ${temporary};
  fastcgi_temp_path ${temporary};
  uwsgi_temp_path ${temporary};
  scgi_temp_path ${temporary};
  keepalive_requests 1000000000;
  client_max_body_size 0;
  upstream broker {
    server 127.0.0.1:${context.upstreamPort};
    keepalive 64;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${context.port} backlog=4096;
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

/** @param {import('./registry.mjs').Context} context @returns {import('./registry.mjs').Launch} */
export function describeNginx(context) {
  const file = path.join(context.directory, 'nginx.conf');
  const temporary = path.join(context.directory, 'temporary');
  mkdirSync(temporary);
  writeFileSync(file, settings(context, temporary));
  return { command: [findTool('nginx') ?? 'nginx', '-p', context.directory, '-c', file] };
}
