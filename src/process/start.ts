// A guard from start to stop, as whoever runs one has it. The request's way itself is in server.ts.
import type { ListenAddress } from '../config/address.ts';
import type { Settings } from '../config/settings.ts';
import type { Readiness } from '../endpoints/readiness.ts';
import { type MqttDoor, openDoor } from '../mqtt/door.ts';
import type { AuditLog } from '../observe/audit/log.ts';
import { auditObserver } from '../observe/audit/record.ts';
import { createRecorder } from '../observe/recorder.ts';
import { createSeldomReport } from '../observe/seldom.ts';
import { closeParts, openParts } from './parts.ts';
import { reload } from './reload.ts';
import { tick } from './serving.ts';
import { reportPolicy } from './setup.ts';
import { TlsRenewal } from './tls-renewal.ts';
import { takeTurns } from './turns.ts';

export interface RunningGuard {
  /** Where it really listens: the port is known even where the settings say 0. */
  readonly listen: ListenAddress;
  readonly service: ListenAddress;
  /** Judges MQTT clients by the settings of the moment. */
  readonly mqtt: MqttDoor;
  /** What `/readyz` would say now. */
  readiness(): Promise<Readiness>;
  /** Puts other settings in place; the listeners stay. A failure leaves everything as it was. */
  reload(settings: Settings): Promise<void>;
  /** Not ready, stop accepting, finish what runs (at most `drainMs`). */
  stop(): Promise<void>;
}

/**
 * @param report takes one line for the operator
 * @throws Failure naming the setting to change; nothing is left open then
 */
export async function startGuard(
  settings: Settings,
  audit: AuditLog,
  report: (line: string) => void,
): Promise<RunningGuard> {
  const around = { audit, report, say: createSeldomReport(report, tick), now: Date.now };
  const parts = await openParts(settings, around);
  const { state, serving, service, changes } = parts;
  reportPolicy(state.setup, report);
  const inTurn = takeTurns();
  const renewal = new TlsRenewal(parts, inTurn);
  await renewal.follow();
  const recorder = createRecorder({ observers: [auditObserver(audit.write)], now: Date.now, tick });
  return {
    listen: serving.listen,
    service: service.listen,
    mqtt: openDoor(() => state.setup.mqtt, recorder, changes),
    readiness: service.readiness,
    reload: (wanted) =>
      inTurn(async () => {
        await reload(parts, wanted);
        await renewal.follow();
      }),
    async stop() {
      renewal.close();
      await closeParts(parts);
    },
  };
}
