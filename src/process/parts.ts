// The parts of a running guard, from the first that is opened to the last that is closed. A start that fails closes what it
// has opened.
import type { Settings } from '../config/settings.ts';
import { auditObserver } from '../observe/audit/record.ts';
import { CoreChanges } from './changes.ts';
import { startServing } from './guarded-listener.ts';
import { type Hooked, openHooked } from './hooked.ts';
import { openService, type Service } from './service.ts';
import type { Opened, Serving } from './serving.ts';
import { closeSetup, type GuardState, openSetup, type Setup, type Surroundings } from './setup.ts';
import { WHOLE } from './share.ts';
import { readTlsFiles } from './tls-files.ts';
import { startWorkers } from './workers/pool.ts';

export interface Parts {
  /** By which the listeners were opened. */
  readonly initial: Settings;
  readonly state: GuardState;
  readonly serving: Serving<Opened>;
  readonly service: Service;
  readonly hooked: Hooked;
  readonly changes: CoreChanges;
  readonly around: Surroundings;
}

/** @throws Failure naming the setting to change */
export async function openParts(initial: Settings, around: Surroundings): Promise<Parts> {
  const setup = await openSetup(initial, readTlsFiles(initial), around);
  const serving = await serve(setup, around).catch((error: unknown) => {
    closeSetup(setup);
    throw error;
  });
  const state = { setup, isDraining: false };
  const changes = new CoreChanges(setup.core, around.audit, around.now);
  const hooked = openHooked(state, around);
  try {
    const service = await openService({ state, serving, changes, hooked }, around);
    return { initial, state, serving, service, hooked, changes, around };
  } catch (error) {
    hooked.stop();
    await serving.stop();
    closeSetup(setup);
    throw error;
  }
}

/** The service listener says that the guard is not ready for as long as requests are finished. */
export async function closeParts({ state, serving, service, hooked }: Parts): Promise<void> {
  state.isDraining = true;
  hooked.stop();
  await serving.stop();
  await service.close();
  closeSetup(state.setup);
}

/** In this process, or in several: `guard.workers`. */
async function serve(setup: Setup, { audit, report }: Surroundings): Promise<Serving<Opened>> {
  const { settings } = setup;
  if (settings.workers > 1) return startWorkers(settings, setup, audit, report);
  const canRecord = () => audit.available.current();
  const toMeans = ({ core, tls }: Opened) => ({ guard: core.guard, tls, share: WHOLE, canRecord });
  const serving = await startServing(settings, toMeans(setup), [auditObserver(audit.write)], report);
  return { ...serving, reload: (changed, next) => serving.reload(changed, toMeans(next)) };
}
