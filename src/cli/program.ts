// The command line: names, flags and help of every command, and the exit code of what becomes of it.
import { Argument, Command, CommanderError, Option } from 'commander';
import { Failure, type FailureCode } from '../failure.ts';
import { toPrintable } from '../observe/printable.ts';
import { PROFILE_NAMES } from '../policy/profile.ts';
import { addSettings, command } from './command.ts';
import { SHELLS, type Shell } from './completion-scripts.ts';
import { addKeygen, addKeys, addToken } from './key-commands.ts';
import { redact } from './redact.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

type Run<A extends unknown[]> = (terminal: Terminal, ...args: A) => Promise<ExitCode>;

/** Runs one command line. Prints failures as sentences and never throws for a user's mistake. */
export async function runProgram(
  argv: readonly string[],
  edge: Terminal,
  version: string,
): Promise<ExitCode> {
  const terminal: Terminal = {
    ...edge,
    print: (text) => edge.print(toPrintable(text)),
    report: (line) => edge.report(toPrintable(line)),
  };
  let exit: ExitCode = EXIT.done;
  const act: Act =
    (load) =>
    async (...args) => {
      const run = await load();
      exit = await run(terminal, ...args);
    };
  const program = buildProgram(act, terminal, version);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    return explain(error, terminal);
  }
}

const EPILOGUE = `
Secrets come from files or standard input, never from arguments. Results go to standard output, everything
else to standard error.
Exit codes: 0 done; 1 refused or failed; 2 wrong use or bad settings.`;

const SIGNALS = `
Signals, to the pid of the line "pid PID listening on ...":
  kill -HUP PID    reads the settings and the TLS files again; a bad file changes nothing
  kill PID         stops accepting, finishes what runs and exits 0`;

const CHECK_EXITS = `
Example: broker-guard check --config nanomq.conf --connect
Exit codes: 2 bad settings, keys directory or TLS files; else 1 no usable key, or a broker that --connect could not
ask; else 0. Warnings do not change it.`;

const DOCTOR_HELP = `
Example: broker-guard doctor --config /etc/broker-guard/nanomq.conf     as the user that runs the guard
It asks the broker for one harmless thing: as the guard does, without credentials, and with those it was shipped with.
Exit codes: 2 bad settings; else 1 a problem; else 0. Notes and warnings do not change it.`;

const INIT_HELP = `
Examples:
  broker-guard init
  broker-guard init /etc/broker-guard --upstream http://127.0.0.1:15672 --profile rabbitmq`;

function addInit(program: Command): Command {
  return command(program, 'init', 'write a settings file, a keys directory and one key pair')
    .argument('[directory]', 'where; it has to be there', '.')
    .option('--name <name>', 'of the first issuer', 'ops')
    .option('--upstream <url>', 'where the HTTP API of the broker is', 'http://127.0.0.1:8081')
    .addOption(new Option('--profile <name>', 'which broker it is').choices(PROFILE_NAMES).default('nanomq'))
    .option('--json', 'print JSON')
    .addHelpText('after', INIT_HELP);
}

const COMPLETION_HELP = `
Examples:
  source <(broker-guard completion bash)                              in ~/.bashrc, and likewise for zsh
  broker-guard completion fish > ~/.config/fish/completions/broker-guard.fish`;

/** A command's module is loaded when the command runs: minting a token needs no HTTP server. */
type Act = <A extends unknown[]>(load: () => Promise<Run<A>>) => (...args: A) => Promise<void>;

function buildProgram(act: Act, terminal: Terminal, version: string): Command {
  const program = new Command('broker-guard')
    .description(
      "Guards an MQTT broker's HTTP API: only requests with a token signed by a known issuer get through.",
    )
    .version(version)
    .addHelpText('after', EPILOGUE)
    .configureOutput({
      writeOut: terminal.print,
      // A secret given as an argument by mistake would be quoted in the complaint about it.
      writeErr: (text) => terminal.report(redact(text).trimEnd()),
    })
    .exitOverride();
  addSettings(
    command(program, 'serve', 'start the guard; without a settings file it guards an embedded broker'),
  )
    .option('--embedded', 'guard the embedded broker, by the settings file where there is one')
    .addHelpText('after', SIGNALS)
    .action(act(async () => (await import('./serve.ts')).runServe));
  addInit(program).action(act(async () => (await import('./init.ts')).runInit));
  addSettings(command(program, 'check', 'read the settings and keys as serve would, and say what is wrong'))
    .option('--connect', "ask the broker for an answer, with the guard's credentials")
    .option('--json', 'print JSON')
    .addHelpText('after', CHECK_EXITS)
    .action(act(async () => (await import('./check.ts')).runCheck));
  addSettings(command(program, 'doctor', 'look at files, keys, clock and broker for what lets somebody in'))
    .option('--json', 'print JSON')
    .addHelpText('after', DOCTOR_HELP)
    .action(act(async () => (await import('./doctor.ts')).runDoctor));
  addKeygen(program).action(act(async () => (await import('./keygen.ts')).runKeygen));
  addCertificate(program).action(act(async () => (await import('./certificate.ts')).runCertificate));
  addToken(program).action(act(async () => (await import('./token.ts')).runToken));
  addSettings(command(program, 'inspect', "show a token's parts and the verdict of every check"))
    .argument('[file]', 'file that holds the token; - for standard input', '-')
    .option('--json', 'print JSON')
    .action(act(async () => (await import('./inspect.ts')).runInspect));
  addExplain(program).action(act(async () => (await import('./explain.ts')).runExplain));
  addSettings(command(program, 'jwks', 'print the public keys as a JWK Set, or try one out'))
    .option('--issuer <name>', 'of this issuer only')
    .option('--keys <number>', 'make so many fresh keys instead, print one with a token, and serve the set')
    .option('--serve <address>', 'where --keys serves it', '127.0.0.1:8092')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  broker-guard jwks --keys 3')
    .action(act(async () => (await import('./jwks.ts')).runJwks));
  addPolicy(program, act);
  addKeys(program).action(act(async () => (await import('./keys.ts')).runKeys));
  addRevoke(program).action(act(async () => (await import('./revoke.ts')).runRevoke));
  command(program, 'completion', 'print a script that completes command lines in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', COMPLETION_HELP)
    .action(
      act(async () => {
        const { runCompletion } = await import('./completion.ts');
        return (terminal: Terminal, shell: Shell) => runCompletion(terminal, shell, program);
      }),
    );
  return program;
}

const EXPLAIN_HELP = `
Examples:
  broker-guard explain DELETE /api/v4/rules/1 --token-file ci.jwt
  broker-guard explain --request 028b0f7ffa76-1 --audit audit.log
  broker-guard explain --mqtt --token-file device.jwt --client-id device-1 --publish up/device-1
  echo '{"clientid":"device-1","password":"…","action":"subscribe","topic":"down/#"}' |
    broker-guard explain --mqtt --question -

Exit code of one call or question: 0 allowed, 1 refused. Of --request: 0 where there is such a record. Of --question: 0
where every line was answered.`;

function addExplain(program: Command): Command {
  const explain = command(program, 'explain', 'say why a call, or an MQTT client, is allowed or refused');
  return addSettings(explain)
    .argument('[method]', 'of the call')
    .argument('[path]', 'its path, with or without a query')
    .option('--token-file <file>', 'file that holds the token; - for standard input')
    .option('--source <address>', 'address the call comes from', '127.0.0.1')
    .option('--request <id>', 'a request that was answered, by its X-Request-Id')
    .option('--audit <file>', 'file that holds its audit record (default: guard.audit.file)')
    .option('--mqtt', 'about an MQTT client')
    .option('--client-id <text>', 'client id of CONNECT', '')
    .option('--username <text>', 'user name of CONNECT')
    .option('--publish <topic>', 'a topic to publish to')
    .option('--subscribe <filter>', 'a filter to subscribe to')
    .option('--receive <topic>', 'a topic to receive from')
    .addOption(new Option('--qos <number>', 'QoS of it').choices(['0', '1', '2']).default('0'))
    .option('--retain', 'the message is retained')
    .option('--question <file>', 'questions instead, a line of JSON each; - for standard input')
    .option('--json', 'print JSON')
    .addHelpText('after', EXPLAIN_HELP);
}

const POLICY_HELP = `
Examples:
  broker-guard policy table --issuer ops.pub
  broker-guard policy why DELETE /api/v4/rules/1 --as operator
  broker-guard policy diff nanomq.conf nanomq.conf.new`;

function addPolicy(program: Command, act: Act): void {
  const policy = command(program, 'policy', 'show who may do what').addHelpText('after', POLICY_HELP);
  const profile = () =>
    new Option('--profile <name>', 'instead of guard.upstream.profile').choices(PROFILE_NAMES);
  addSettings(command(policy, 'table', 'list every call, with the roles that have it'))
    .option('--issuer <name>', 'with what this issuer may instead, and by which rule')
    .addOption(profile())
    .option('--json', 'print JSON')
    .action(act(async () => (await import('./policy.ts')).runTable));
  addSettings(command(policy, 'why', 'say whether a role may make a call; exit code 1 where it may not'))
    .argument('<method>', 'of the call')
    .argument('<path>', 'its path, with or without a query')
    .requiredOption('--as <role>', 'the role')
    .addOption(profile())
    .option('--json', 'print JSON')
    .action(act(async () => (await import('./policy.ts')).runWhy));
  command(policy, 'diff', 'list what other settings would change, and for whom')
    .argument('<old>', 'settings file')
    .argument('<new>', 'settings file')
    .option('--json', 'print JSON')
    .action(act(async () => (await import('./policy.ts')).runDiff));
}

const REVOKE_HELP = `
Examples:
  broker-guard revoke --token-file stolen.jwt --reason 'laptop lost'
  broker-guard revoke --issuer ops.pub --subject grafana
  broker-guard revoke --issuer ops.pub --before now
  broker-guard revoke --list

TIME is such as 2027-01-31T18:00:00Z, a day, Unix seconds, now, or a duration: from now for --until, ago for --before. Without
--until a revocation ends with the tokens it names: at their exp, or when the longest lifetime that the settings allow is
over, or never. Nothing takes one back.`;

function addRevoke(program: Command): Command {
  const revoke = command(program, 'revoke', 'take tokens back before they end');
  return addSettings(revoke)
    .option('--issuer <name>', 'the issuer of the tokens')
    .option('--jti <id>', 'its token with this jti')
    .option('--subject <text>', 'its tokens with this sub')
    .option('--key <thumbprint>', 'tokens signed by this key')
    .option('--token-file <file>', 'the token in this file; - for standard input')
    .option('--before <time>', 'its tokens issued earlier, and those that do not say when')
    .option('--until <time>', 'when the revocation ends')
    .option('--reason <text>', 'for whoever reads the list')
    .option('--list', 'list what is revoked')
    .option('--json', 'print JSON')
    .addHelpText('after', REVOKE_HELP);
}

function addCertificate(program: Command): Command {
  return command(program, 'certificate', 'make a self-signed certificate and its key, for guard.tls')
    .argument('<host...>', 'host names and IP addresses the certificate is for')
    .option('--out <directory>', 'where NAME.crt and NAME.key go', '.')
    .option('--name <name>', 'NAME of the files', 'guard')
    .option('--days <number>', 'how long it is valid', '365')
    .option('--json', 'print JSON');
}

/** Failures of the settings are the user's to mend (2); the rest are what happened (1). */
const MISUSE: ReadonlySet<FailureCode> = new Set([
  'settings_invalid',
  'settings_unreadable',
  'keys_unreadable',
  'revocations_unreadable',
]);

function explain(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.misused;
  if (!(error instanceof Failure)) throw error;
  terminal.report(error.message);
  return MISUSE.has(error.code) ? EXIT.misused : EXIT.refused;
}
