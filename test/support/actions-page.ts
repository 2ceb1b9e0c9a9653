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
`;
}

function describeRoles(route: Route, vocabulary: Vocabulary): string {
  const roles = vocabulary.rolesWith(route);
  return roles.length === 0 ? 'by name only' : roles.join(', ');
}
