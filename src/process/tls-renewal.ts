// Renewed TLS files are put in place as they come, as a reload of the same settings.
import type { Settings } from '../config/settings.ts';
import { certificateEnd, formatDay } from '../listener/certificate-time.ts';
import type { Parts } from './parts.ts';
import type { TlsFiles } from './tls-files.ts';
import { TlsFollower } from './tls-follower.ts';
import type { TakeTurns } from './turns.ts';

export class TlsRenewal {
  readonly #parts: Parts;
  readonly #inTurn: TakeTurns;
  #follower: TlsFollower | undefined;

  constructor(parts: Parts, inTurn: TakeTurns) {
    this.#parts = parts;
    this.#inTurn = inTurn;
  }

  /** Follows the files that the settings in place name, and others no more. */
  async follow(): Promise<void> {
    const { state, around } = this.#parts;
    const { settings, tls } = state.setup;
    this.close();
    this.#follower = await TlsFollower.open(settings, tls, {
      onChange: (files) => void this.#inTurn(() => this.#renew(settings, files)),
      report: around.report,
    });
    if (state.isDraining) this.close();
  }

  close(): void {
    this.#follower?.close();
  }

  /** @param named them; by now others may be in place */
  async #renew(named: Settings, tls: TlsFiles): Promise<void> {
    const { state, serving, service, around } = this.#parts;
    if (state.isDraining || state.setup.settings !== named) return;
    const renewed = { ...state.setup, tls };
    await serving.reload(named, renewed);
    state.setup = renewed;
    service.take(renewed);
    around.report(describeRenewal(tls));
  }
}

function describeRenewal({ guarded, service }: TlsFiles): string {
  const endMs = certificateEnd(guarded, service);
  const until = endMs === undefined ? '' : `, good until ${formatDay(endMs)}`;
  return `renewed TLS files are in place${until}`;
}
