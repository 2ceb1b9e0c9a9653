// Other settings in the place of those in use. A failure leaves everything as it was; the listeners stay in any case.
import type { Settings } from '../config/settings.ts';
import { keepFixed, readKept, refuseStarvation, reportFixed } from './needs-restart.ts';
import type { Parts } from './parts.ts';
import { closeSetup, openSetup, reportPolicy, type Setup } from './setup.ts';

/** @throws Failure naming the setting to change */
export async function reload(parts: Parts, wanted: Settings): Promise<void> {
  const { initial, state, serving, hooked, around } = parts;
  const before = state.setup;
  const opened = await openNext(parts, wanted);
  if (state.isDraining) return closeSetup(opened, before);
  await serving.reload(opened.settings, opened).catch((error: unknown) => {
    closeSetup(opened, before);
    throw error;
  });
  replace(parts, opened);
  // A stop that came meanwhile may have closed the setup of before, and not this one.
  if (state.isDraining) return closeSetup(opened);
  reportFixed(initial, wanted, around.report);
  reportPolicy(opened, around.report);
  hooked.reload(before.settings);
}

/** Opened beside the setup in use. */
async function openNext({ state, around }: Parts, wanted: Settings): Promise<Setup> {
  const before = state.setup;
  const settings = keepFixed(before.settings, wanted);
  refuseStarvation(settings);
  return openSetup(settings, readKept(settings, wanted, before.tls), around, before);
}

function replace({ state, service, changes }: Parts, opened: Setup): void {
  closeSetup(state.setup, opened);
  state.setup = opened;
  service.take(opened);
  changes.take(opened.core);
}
