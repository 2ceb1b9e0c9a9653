// `broker-guard explain`: why something is allowed or refused, for a call of the HTTP API or for an MQTT client.
import { type CallFlags, runExplainCall } from './explain-call.ts';
import { type MqttFlags, runExplainMqtt } from './explain-mqtt.ts';
import type { ExitCode, Terminal } from './terminal.ts';

export function runExplain(
  terminal: Terminal,
  method: string | undefined,
  path: string | undefined,
  flags: CallFlags & MqttFlags,
): Promise<ExitCode> {
  const isAboutMqtt = flags.mqtt === true || flags.question !== undefined;
  return isAboutMqtt ? runExplainMqtt(terminal, flags) : runExplainCall(terminal, method, path, flags);
}
