// mosquitto-go-auth's two backends over HTTP: `http`, whose later questions have no token, and `jwt` in its remote mode, where
// the MQTT user name is the token and comes with each question as a Bearer credential.
import type { Login } from '../mqtt/login.ts';
import { mayUseByAcc } from './acc.ts';
import type { Adapter, HookQuestion } from './adapter.ts';
import { NOT_OK, OK, okWhere } from './answers.ts';
import type { Asker } from './asker.ts';
import { BadQuestion, type Members } from './members.ts';
import type { Client } from './sessions.ts';

const readClient = (members: Members): Client => ({
  clientId: members.needName('clientid'),
  username: members.name('username'),
  place: '',
});

const CACHE_ADVICE =
  'mosquitto-go-auth remembers answers where auth_opt_cache is true: leave it out, or set auth_opt_cache false';

export const GO_AUTH: Adapter = {
  name: 'go_auth',
  hooks: [
    {
      path: 'go-auth/user',
      denied: NOT_OK,
      async ask({ members }, asker) {
        const login = await asker.connect(readClient(members), members.text('password'));
        return okWhere(login !== undefined);
      },
    },
    {
      // It says no client, so nobody is known by it. Whoever is free from rules is so at each question.
      path: 'go-auth/superuser',
      denied: NOT_OK,
      ask: () => NOT_OK,
    },
    {
      path: 'go-auth/acl',
      denied: NOT_OK,
      ask({ members }, asker) {
        const client = readClient(members);
        return okWhere(mayUseByAcc(members, client, asker.find(client), asker));
      },
    },
  ],
  cacheAdvice: CACHE_ADVICE,
};

/** Questions about the user may say no client; without one, nothing is remembered under a name. */
function readJwtClient(members: Members): Client {
  return { clientId: members.name('clientid') ?? '', username: undefined, place: '' };
}

/** The token stands where MQTT has the user name, and serves for an authenticator that looks at the password. */
function loginByBearer({ bearer }: HookQuestion, client: Client, asker: Asker): Promise<Login | undefined> {
  if (bearer === undefined) throw new BadQuestion('there is no Bearer credential');
  return asker.recall({ ...client, username: bearer }, bearer);
}

export const GO_AUTH_JWT: Adapter = {
  name: 'go_auth_jwt',
  hooks: [
    {
      path: 'go-auth-jwt/user',
      denied: NOT_OK,
      async ask(question, asker) {
        const login = await loginByBearer(question, readJwtClient(question.members), asker);
        return okWhere(login !== undefined);
      },
    },
    {
      path: 'go-auth-jwt/superuser',
      denied: NOT_OK,
      async ask(question, asker) {
        const login = await loginByBearer(question, readJwtClient(question.members), asker);
        return login?.isSuperuser === true ? OK : NOT_OK;
      },
    },
    {
      path: 'go-auth-jwt/acl',
      denied: NOT_OK,
      async ask(question, asker) {
        const { members } = question;
        const client = { ...readJwtClient(members), clientId: members.needName('clientid') };
        const login = await loginByBearer(question, client, asker);
        return okWhere(mayUseByAcc(members, client, login, asker));
      },
    },
  ],
  cacheAdvice: CACHE_ADVICE,
};
