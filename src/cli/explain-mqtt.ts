// `broker-guard explain --mqtt`: the answers the guard gives about MQTT clients, by the settings in force, with the
// authenticator, the rule and the reason.
import { readFileSync } from 'node:fs';
import type { Settings } from '../config/settings.ts';
import { openCore } from '../core.ts';
import { Failure } from '../failure.ts';
import { explainMqtt, type MqttExplanation, type MqttQuestion, readQuestion } from '../mqtt/explain.ts';
import { type MqttGuard, openMqttGuard } from '../mqtt/mqtt-guard.ts';
import type { Qos, TopicAction } from '../policy/topic-rules.ts';
import { redact } from './redact.ts';
import { readSettings, type SettingsFlags } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';
import { readToken } from './token-file.ts';

export interface MqttFlags extends SettingsFlags, Partial<Record<TopicAction, string>> {
  readonly mqtt?: boolean;
  readonly tokenFile?: string;
  readonly clientId: string;
  readonly username?: string;
  readonly qos: '0' | '1' | '2';
  readonly retain?: boolean;
  readonly question?: string;
  readonly json?: boolean;
}

export async function runExplainMqtt(terminal: Terminal, flags: MqttFlags): Promise<ExitCode> {
  const misuse = findMisuse(flags);
  if (misuse !== undefined) {
    terminal.report(misuse);
    return EXIT.misused;
  }
  const settings = readSettings(flags);
  const core = await openCore(settings, { now: terminal.now, report: () => undefined });
  core.close();
  const guard = openMqttGuard({
    settings: settings.mqtt,
    token: settings.token,
    lookup: core.keys.lookup,
    policy: core.policy,
    revocations: core.revocations,
    now: terminal.now,
    report: terminal.report,
  });
  try {
    await guard.ready();
    return flags.question === undefined
      ? await answerOne(terminal, guard, settings, flags)
      : await answerLines(terminal, guard, flags.question);
  } finally {
    guard.close();
  }
}

const TOPIC_ACTIONS: readonly TopicAction[] = ['publish', 'subscribe', 'receive'];

function findMisuse(flags: MqttFlags): string | undefined {
  if (flags.mqtt !== true) return 'say --mqtt: it is MQTT clients that are explained';
  const asked = TOPIC_ACTIONS.filter((action) => flags[action] !== undefined);
  if (asked.length > 1) return `one of --${asked.join(' and --')} at a time`;
  const isAlone = asked.length === 0 && flags.tokenFile === undefined && flags.username === undefined;
  if (flags.question !== undefined && !isAlone) return '--question brings the whole question with it';
  return undefined;
}

async function answerOne(
  terminal: Terminal,
  guard: MqttGuard,
  settings: Settings,
  flags: MqttFlags,
): Promise<ExitCode> {
  const token = flags.tokenFile === undefined ? undefined : await readToken(terminal, flags.tokenFile);
  const explanation = await explainMqtt(guard, toQuestion(settings, flags, token));
  terminal.print(flags.json ? `${JSON.stringify(explanation)}\n` : formatExplanation(explanation));
  return explanation.decision === 'allow' ? EXIT.done : EXIT.refused;
}

/** The token stands where the first authenticator looks for it. */
function toQuestion({ mqtt }: Settings, flags: MqttFlags, token: string | undefined): MqttQuestion {
  const [first] = mqtt.authentication.filter(({ enable }) => enable);
  const isUsername = first !== undefined && 'from' in first && first.from === 'username';
  const action = TOPIC_ACTIONS.find((name) => flags[name] !== undefined);
  return {
    clientid: flags.clientId,
    username: isUsername ? token : flags.username,
    password: isUsername ? undefined : token,
    peerhost: undefined,
    action: action ?? 'connect',
    topic: (action && flags[action]) ?? '',
    qos: Number(flags.qos) as Qos,
    retain: flags.retain === true,
  };
}

function formatExplanation({ decision, authenticator, rule, reason, message }: MqttExplanation): string {
  const lines = [
    `${decision === 'allow' ? 'allowed' : 'denied'}: ${reason}. ${message}`,
    `authenticator  ${authenticator ?? '-'}`,
    `rule           ${rule ?? '-'}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** A line of JSON for each line of JSON; one that is no question is answered as such. */
async function answerLines(terminal: Terminal, guard: MqttGuard, file: string): Promise<ExitCode> {
  const text = file === '-' ? await terminal.readInput() : readLines(file);
  let exit: ExitCode = EXIT.done;
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const question = readQuestion(line);
    if ('flaw' in question) exit = EXIT.misused;
    const answer = 'flaw' in question ? refuseQuestion(question.flaw) : await explainMqtt(guard, question);
    terminal.print(`${JSON.stringify(answer)}\n`);
  }
  return exit;
}

const refuseQuestion = (flaw: string): MqttExplanation => ({
  decision: 'deny',
  authenticator: null,
  rule: null,
  reason: 'question_invalid',
  message: `The line ${flaw}.`,
});

function readLines(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Failure('settings_unreadable', `${redact(file)} cannot be read as a file (${code})`);
  }
}
