// The pages docs/actions/*.md as the catalogue has them, one for each broker.
import type { Route } from '../../src/policy/broker-api.ts';
import type { Profile } from '../../src/policy/profile.ts';
import { Vocabulary } from '../../src/policy/vocabulary.ts';

const TITLES: Readonly<Record<string, string>> = {
  nanomq: 'NanoMQ',
  emqx: 'EMQX',
  rabbitmq: 'RabbitMQ',
  vernemq: 'VerneMQ',
  mosquitto: 'Mosquitto',
  rmqtt: 'RMQTT',
  generic: 'Any other API',
};

export function formatActions(profile: Profile): string {
  const { name, routes } = profile;
  const roles = new Vocabulary(profile, {});
  const rows = routes.map((route) => {
    const { method, template, action, note = '' } = route;
    return `| ${method} | \`${template}\` | \`${action.name}\` | ${action.class} | ${describeRoles(route, roles)} | ${note} |`;
  });
  return `# ${TITLES[name]}: actions

\`guard.upstream.profile = ${name}\`. [What the columns mean](README.md). This page is kept equal to
\`src/policy/catalogue/${name}.ts\` by a test.

| method | path | action | class | roles | |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
${formatHidden(routes)}`;
}

/** What a redacted read leaves out: many calls have the same members. */
function formatHidden(routes: readonly Route[]): string {
  const calls = new Map<string, Set<string>>();
  for (const { action, hides, secrets } of routes) {
    if (secrets === undefined) continue;
    const members = hides.map((name) => `\`${name}\``).join(', ');
    calls.set(members, (calls.get(members) ?? new Set()).add(`\`${action.name}\``));
  }
  if (calls.size === 0) return '';
  const rows = [...calls].map(([members, names]) => `| ${members} | ${[...names].join(', ')} |`);
  return `
## What a redacted read leaves out

| members | of the answers to |
| --- | --- |
${rows.join('\n')}
`;
}

function describeRoles(route: Route, vocabulary: Vocabulary): string {
  const roles = vocabulary.listRoles(route);
  return roles.length === 0 ? 'by name only' : roles.join(', ');
}
