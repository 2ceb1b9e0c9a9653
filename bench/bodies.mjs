// What it costs to judge a body and to leave secrets out of an answer, in microseconds of the processor, and that calls without rules about
// bodies get what was compiled for them. Against the build in dist/; exit 1 where a bound is missed.
// usage: node --expose-gc bench/bodies.mjs
import { Policy } from '../dist/policy/policy.js';
import { loadProfile } from '../dist/policy/profile.js';
import { readPublication } from '../dist/policy/publish-body.js';
import { compilePublishFilters, mayPublish } from '../dist/policy/publish-rules.js';
import { redact } from '../dist/policy/redaction.js';

const { gc } = globalThis;
if (gc === undefined) throw new Error('node --expose-gc bench/bodies.mjs');

const ROUNDS = 15;

/** Processor time of several rounds. The least counts: other work on the machine can only add to it. */
function time(work, calls) {
  for (let warm = 0; warm < calls; warm++) work();
  const rounds = Array.from({ length: ROUNDS }, () => {
    gc();
    const before = process.cpuUsage();
    for (let call = 0; call < calls; call++) work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / calls;
  }).sort((one, other) => one - other);
  return { least: rounds[0], median: rounds[ROUNDS >> 1] };
}

let isMissed = false;

function report(what, { least, median }, bound) {
  const verdict = bound === undefined ? '' : `  at most ${bound}${least > bound ? ': MISSED' : ''}`;
  console.log(`${what.padEnd(58)} ${least.toFixed(2)} us (median ${median.toFixed(2)})${verdict}`);
  if (bound !== undefined && least > bound) isMissed = true;
}

const bytesOf = (work, calls) => {
  for (let warm = 0; warm < calls; warm++) work();
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let call = 0; call < calls; call++) work();
  return Math.max(0, process.memoryUsage().heapUsed - before) / calls;
};

const nanomq = loadProfile('nanomq');
const routeOf = (method, path) => nanomq.match(path)?.byMethod.get(method);

function judgeBody(path, body, filters) {
  const { publish: form } = routeOf('POST', path);
  const rules = { parts: [compilePublishFilters(filters)], filters: [filters], isObserved: false };
  const request = { form, target: { path, text: path }, headers: {} };
  return () => {
    const read = readPublication(body, request);
    if (!read.allowed || !read.value.topics.every((topic) => mayPublish(rules, topic, form.delays)))
      throw new Error('it has to be allowed');
    return Buffer.from(read.value.text);
  };
}

const SINGLE = '/api/v4/mqtt/publish';
const publish = (payload) =>
  Buffer.from(JSON.stringify({ topic: 'line-1/up/7', qos: 1, clientid: 'ops', payload }));
const plain = publish('x'.repeat(940));
const escaped = publish(
  JSON.stringify(Array.from({ length: 36 }, (_, at) => ({ id: at, value: at * 1.5 }))).slice(0, 780),
);
const FEW = ['line-1/#', 'status'];
const MANY = Array.from({ length: 1000 }, (_, at) => `line-${at}/#`);
report(
  `publish, ${plain.length} bytes, plain payload, 2 filters`,
  time(judgeBody(SINGLE, plain, FEW), 20_000),
  15,
);
report(
  `publish, ${escaped.length} bytes, payload of JSON, 2 filters`,
  time(judgeBody(SINGLE, escaped, FEW), 20_000),
  15,
);
report('the same, 1,000 filters', time(judgeBody(SINGLE, plain, MANY), 20_000));
const batch = Buffer.from(
  JSON.stringify(Array.from({ length: 100 }, () => JSON.parse(publish('x'.repeat(50)).toString()))),
);
report(`batch of 100, ${batch.length} bytes`, time(judgeBody('/api/v4/mqtt/publish_batch', batch, FEW), 500));

const clients = Array.from({ length: 1100 }, (_, at) => ({
  client_id: `pump-${at}`,
  username: 'pump',
  keepalive: 60,
  conn_state: 'connected',
  clean_start: true,
  proto_name: 'MQTT',
  proto_ver: 5,
  recv_msg: at * 7,
  ipv4: '10.0.0.1',
  will_topic: `pump/${at}/gone`,
  will_msg: 'the message that nobody is to see',
  subscriptions: [{ topic: `pump/${at}/#`, qos: 1 }],
}));
const answer = Buffer.from(JSON.stringify({ code: 0, data: clients }));
const { secrets } = routeOf('GET', '/api/v4/clients');
report(
  `redacted read, ${answer.length} bytes, 1,100 secrets`,
  time(() => redact(answer, secrets), 20),
  10_000,
);
const megabyte = Buffer.from(`[${Array.from({ length: 3 }, () => answer.toString()).join(',')}]`);
report(
  `redacted read, ${megabyte.length} bytes`,
  time(() => redact(megabyte, secrets), 10),
);

const policy = new Policy('nanomq', {
  defaultRole: 'admin',
  observe: false,
  roles: {},
  issuers: {},
  open: [],
});
const filed = { name: 'ops.pub', rules: { roles: ['operator'], publish: FEW } };
const principal = { issuer: 'ops.pub', thumbprint: '', bodyEncode: 0, claimedRights: undefined };
const asked = (method, path) => ({
  route: routeOf(method, path),
  target: { path, text: path },
  client: '127.0.0.1',
});
for (const [what, question] of [
  ['allowed whole', asked('GET', '/api/v4/brokers')],
  ['allowed redacted', asked('GET', '/api/v4/clients')],
  ['allowed by topic', asked('POST', SINGLE)],
]) {
  const work = () => policy.authorize(principal, filed, question, 1);
  console.log(
    `${what.padEnd(58)} ${time(work, 200_000).least.toFixed(3)} us  ${bytesOf(work, 200_000).toFixed(1)} bytes`,
  );
}
process.exitCode = isMissed ? 1 : 0;
