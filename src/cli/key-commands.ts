// Flags and help of the commands that make keys and tokens, and take keys away.
import { type Command, Option } from 'commander';
import { MIN_KEY_BITS } from '../keystore/key.ts';
import { DEFAULT_ALGORITHM, FILE_ALGORITHMS } from '../token/algorithms.ts';
import { addSettings, command } from './command.ts';

/** Sizes of a new key: the least that is accepted, and longer ones. */
const KEY_BITS = [MIN_KEY_BITS, 3072, 4096].map(String);

const KEYGEN_HELP = `
Examples:
  broker-guard keygen ops                       ops.key for whoever mints tokens, keys/ops.pub for the guard
  broker-guard keygen ops --add                 a second key into ops.pub, its private half in ops.2.key
  broker-guard keygen gate --algorithm ES256    a key on P-256; guard.token.algorithms has to list ES256`;

export function addKeygen(program: Command): Command {
  return command(
    program,
    'keygen',
    'make a key pair: NAME.key (keep it secret) and NAME.pub in the keys directory',
  )
    .argument('<name>', 'name of the issuer; its tokens say iss = NAME.pub')
    .option('-c, --config <file>', 'settings file that names the keys directory')
    .option('--keys-dir <directory>', 'directory for the public half')
    .option('--out <directory>', 'directory for the private half', '.')
    .option('--add', 'put a second key into NAME.pub, for a rotation')
    .addOption(
      new Option('--algorithm <name>', 'what the key is to sign with')
        .choices(FILE_ALGORITHMS)
        .default(DEFAULT_ALGORITHM),
    )
    .addOption(new Option('--bits <number>', `RSA modulus (default: ${MIN_KEY_BITS})`).choices(KEY_BITS))
    .option('--json', 'print JSON')
    .addHelpText('after', KEYGEN_HELP);
}

const TOKEN_HELP = `
Examples:
  broker-guard token ops.key --lifetime 15m --subject grafana
  broker-guard token ops.key --scope "read publish" --claim 'team="plant"' --acl rules.json
  broker-guard token ops.key --lifetime 7d --out /run/grafana/token --renew      (in cron, every hour)`;

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function addToken(program: Command): Command {
  return command(program, 'token', 'sign a token with a private key')
    .argument('<key>', 'PEM file with a private key; - for standard input (then --issuer is needed)')
    .option('--issuer <name>', 'iss; default: the file name of the key with .pub for .key')
    .option('-c, --config <file>', 'settings file that names the keys directory')
    .option('--keys-dir <directory>', 'where to see under which name the public half lies')
    .option('--lifetime <duration>', 'from now to exp: 15m, 1h, 7d', '1h')
    .option('--subject <text>', 'sub')
    .option('--token-id <text>', 'jti')
    .option('--audience <text...>', 'aud')
    .option('--scope <words>', 'scope: what the token may do of what its issuer may')
    .option('--acl <file>', "JSON file with the acl claim, an MQTT client's rules")
    .option('--claim <name=json>', 'one more claim; may be given several times', collect)
    .addOption(
      new Option(
        '--algorithm <name>',
        'signature algorithm (default: RS256, or the one of an elliptic key)',
      ).choices(FILE_ALGORITHMS),
    )
    .addOption(new Option('--body-encode <flag>', 'bodyEncode').choices(['0', '1']).default('0'))
    .option('--out <file>', 'write it to a file, for its owner alone and in one step, and print nothing')
    .option('--renew', 'leave the token of --out as it is while a third of its lifetime is left')
    .option('--json', 'print JSON with the token and its claims; with --out, whether it was written')
    .addHelpText('after', TOKEN_HELP);
}

const KEYS_HELP = `
Examples:
  broker-guard keys --audit audit.log.1 audit.log      with the last use of each key, and how many calls it has signed for
  broker-guard keys --remove bxnGWB4xGC5VXNyDPWQEaCOLrDQ8JC1aIN7SCJ9MCpI`;

export function addKeys(program: Command): Command {
  return addSettings(command(program, 'keys', 'list the keys, the usable and the others, or take one away'))
    .option(
      '--audit <file...>',
      'files of audit records, which say when each key was last used (default: guard.audit.file)',
    )
    .option('--remove <thumbprint>', 'take this key out of its file')
    .option('--issuer <name>', 'whose key it is, where several issuers have it')
    .option('--force', 'remove it even where it is the last one of its issuer')
    .option('--json', 'print JSON')
    .addHelpText('after', KEYS_HELP);
}
