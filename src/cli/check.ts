// `broker-guard check`: everything serve would find wrong before it listens, at once and without listening.
import { HOOK_NAMES } from '../config/hooks.ts';
import type { SettingsReading } from '../config/load.ts';
import { comparePlaces, placeOf } from '../config/problems.ts';
import type { Settings } from '../config/settings.ts';
import { makeSidecarReader } from '../config/sidecar.ts';
import { Failure, type Problem, SettingsFailure } from '../failure.ts';
import { ADAPTERS } from '../hooks/hooks.ts';
import type { SidecarReader } from '../keystore/sidecar.ts';
import type { Snapshot } from '../keystore/snapshot.ts';
import { openKeyStore } from '../keystore/store.ts';
import { listExpiries } from '../listener/certificate-time.ts';
import { findOutputProblem } from '../observe/audit/output.ts';
import { describePolicy } from '../policy/describe.ts';
import { Policy } from '../policy/policy.ts';
import { loadProfile } from '../policy/profile.ts';
import { listOvershares, shareOut, WHOLE } from '../process/share.ts';
import { readTlsFiles } from '../process/tls-files.ts';
import { openBroker } from '../proxy/broker.ts';
import { openRevocations } from '../revocation/store.ts';
import { FILE_ALGORITHMS } from '../token/algorithms.ts';
import { type Findings, formatBroker, tell, toJson } from './check-report.ts';
import { findSettingsFile, inspectSource, meansEmbedded, type SettingsFlags } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';
import { describeLeftover } from './trial-pair.ts';

interface CheckFlags extends SettingsFlags {
  readonly json?: boolean;
  readonly connect?: boolean;
}

export async function runCheck(terminal: Terminal, flags: CheckFlags): Promise<ExitCode> {
  const findings = await lookAtAll(terminal, flags);
  const exit = judge(findings);
  if (flags.json) terminal.print(`${JSON.stringify(toJson(findings, exit === EXIT.done))}\n`);
  else tell(terminal, findings, findSettingsFile(flags));
  return exit;
}

/** Also for whoever looks further. */
export async function lookAtAll({ now }: Terminal, flags: CheckFlags): Promise<Findings> {
  const isEmbedded = meansEmbedded(flags);
  const reading = attempt(() => inspectSource(flags));
  if (reading instanceof Failure) {
    const none = {
      settings: undefined,
      keysDirectory: undefined,
      usableIssuers: undefined,
      isConnected: false,
      policy: [],
    };
    return { ...none, isEmbedded, errors: toProblems(reading), failures: [], warnings: [] };
  }
  const { settings, files, find } = reading;
  const keys = await lookAtKeys(files, settings, isEmbedded);
  const tls = lookAtTls(files, now());
  const records = [findOutputProblem(settings?.audit.file) ?? []].flat();
  const revocations = await lookAtRevocations(files, now);
  const shares = settings === undefined || isEmbedded ? [] : listOvershares(settings);
  const unanswered = flags.connect ? await connect(settings, isEmbedded) : [];
  const place = (problem: Problem): Problem => ({ ...placeByName(problem, find), ...problem });
  return {
    settings,
    isEmbedded,
    keysDirectory: files.keysDirectory,
    usableIssuers: keys.usable,
    policy:
      settings === undefined || keys.snapshot === undefined
        ? []
        : describePolicy(settings.policy, keys.snapshot, settings.token.maxLifetimeSeconds),
    errors: [
      ...reading.problems,
      ...[...keys.errors, ...tls.errors, ...revocations.errors, ...records].map(place),
    ].sort(comparePlaces),
    isConnected: flags.connect === true && settings !== undefined && unanswered.length === 0,
    failures: [...keys.failures.map(place), ...unanswered],
    warnings: [
      ...reading.warnings,
      ...[
        ...keys.warnings,
        ...tls.warnings,
        ...revocations.warnings,
        ...shares,
        ...listBrokerCaches(settings),
      ].map(place),
    ].sort(comparePlaces),
  };
}

/** Where the settings are wrong, nobody knows what the words of a sidecar have to be. */
const readSidecarsBy = (settings: Settings | undefined): SidecarReader =>
  settings === undefined
    ? () => ({ usable: true, rules: {} })
    : makeSidecarReader(new Policy(settings.upstream.profile, settings.policy).vocabulary);

/** What the guard cannot see: a broker that remembers answers would not ask again. */
const listBrokerCaches = (settings: Settings | undefined): Problem[] =>
  HOOK_NAMES.filter((name) => settings?.hooks[name] !== undefined).map((name) => ({
    message: `guard.mqtt.hooks.${name}: ${ADAPTERS[name].cacheAdvice}`,
    name: `guard.mqtt.hooks.${name}`,
  }));

const placeByName = ({ name }: Problem, find: SettingsReading['find']) =>
  name === undefined ? undefined : placeOf(name.split('.'), find);

function attempt<T>(work: () => T): T | Failure {
  try {
    return work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

const toProblems = (failure: Failure, name?: string): readonly Problem[] =>
  failure instanceof SettingsFailure
    ? failure.problems
    : [{ message: failure.message, ...(name !== undefined && { name }) }];

interface Look {
  readonly errors: readonly Problem[];
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

const NOTHING: Look = { errors: [], failures: [], warnings: [] };

async function lookAtKeys(
  { keysDirectory, extraKeyFiles = [], issuerSuffixOptional = false }: SettingsReading['files'],
  settings: Settings | undefined,
  isEmbedded: boolean,
): Promise<Look & { usable: number | undefined; snapshot?: Snapshot }> {
  if (keysDirectory === undefined) return { ...NOTHING, usable: undefined };
  const lines: string[] = [];
  const name = 'guard.keys_dir';
  const keys = await openKeyStore({
    directory: keysDirectory,
    extraFiles: extraKeyFiles,
    suffixOptional: issuerSuffixOptional,
    // Where the settings are wrong, nobody knows what they list.
    algorithms: settings?.token.algorithms ?? FILE_ALGORITHMS,
    readSidecar: readSidecarsBy(settings),
    report: (line) => lines.push(line),
  }).catch((error: unknown) => {
    if (error instanceof Failure) return error;
    throw error;
  });
  if (keys instanceof Failure) {
    // The embedded broker's guard makes the directory and a key pair of its own.
    if (!isEmbedded) return { ...NOTHING, errors: toProblems(keys, name), usable: undefined };
    return { ...NOTHING, failures: [describeNoKey(keysDirectory, isEmbedded)], usable: 0 };
  }
  keys.close();
  const usable = keys.usableIssuers();
  const leftover = isEmbedded ? undefined : describeLeftover(keysDirectory);
  if (leftover !== undefined) lines.push(`${WARNING}${leftover}`);
  return {
    errors: [],
    failures: usable === 0 ? [describeNoKey(keysDirectory, isEmbedded)] : [],
    warnings: lines
      .filter((line) => line.startsWith(WARNING))
      .map((line) => ({ message: line.slice(WARNING.length), name })),
    usable,
    snapshot: keys.snapshot(),
  };
}

const WARNING = 'warning: ';

function describeNoKey(directory: string, isEmbedded: boolean): Problem {
  const advice = isEmbedded
    ? 'serve makes a key pair when it first starts'
    : 'every request would be refused; make a key pair with broker-guard keygen NAME';
  return { message: `guard.keys_dir: no usable key in ${directory}: ${advice}`, name: 'guard.keys_dir' };
}

async function lookAtRevocations(
  { revocationsFile }: SettingsReading['files'],
  now: () => number,
): Promise<Look> {
  const name = 'guard.revocations.file';
  const lines: string[] = [];
  try {
    const store = await openRevocations({ file: revocationsFile, now, report: (line) => lines.push(line) });
    store.close();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ...NOTHING, errors: toProblems(error, name) };
  }
  return { ...NOTHING, warnings: lines.map((line) => ({ message: line.slice(WARNING.length), name })) };
}

function lookAtTls(files: SettingsReading['files'], nowMs: number): Look {
  const read = attempt(() => readTlsFiles(files));
  if (read instanceof Failure) return { ...NOTHING, errors: toProblems(read, 'guard.tls') };
  return { ...NOTHING, warnings: listExpiries(read, nowMs) };
}

/** What is wrong with the file is told with the others. */
function readUpstreamCa({ upstreamCaFile }: Settings): string | undefined {
  const read = attempt(() => readTlsFiles({ upstreamCaFile }));
  return read instanceof Failure ? undefined : read.upstreamCa;
}

/** Asks the broker what the guard itself would. */
async function connect(settings: Settings | undefined, isEmbedded: boolean): Promise<readonly Problem[]> {
  if (settings === undefined) return [];
  if (isEmbedded) return [{ message: 'there is no broker to ask: serve would start the embedded one' }];
  const causes: string[] = [];
  const broker = openBroker(
    shareOut(settings, WHOLE, readUpstreamCa(settings)),
    () => performance.now(),
    (line) => causes.push(line),
  );
  const reason = await broker.probe(loadProfile(settings.upstream.profile).probe);
  broker.close(true);
  if (reason === undefined) return [];
  const advice =
    'check that it runs, and guard.upstream.url or http_server (ip_addr, port, username, password)';
  const why = [reason, ...causes].join('; ');
  return [{ message: `the broker at ${formatBroker(settings)} gives no usable answer (${why}): ${advice}` }];
}

function judge({ errors, failures }: Findings): ExitCode {
  if (errors.length > 0) return EXIT.misused;
  return failures.length > 0 ? EXIT.refused : EXIT.done;
}
