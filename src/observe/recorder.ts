// Gives each request its id and its start, and tells every observer of its end. Knows no HTTP message.
import { randomBytes } from 'node:crypto';
import type { Denial } from '../decision.ts';
import { type Observation, type Observer, observeBroken } from './observation.ts';

export interface RecorderOptions {
  readonly observers: readonly Observer[];
  /** Unix time in milliseconds, for people. */
  readonly now: () => number;
  /** Monotonic milliseconds, for durations. */
  readonly tick: () => number;
}

export interface Recorder {
  readonly now: () => number;
  readonly tick: () => number;
  nextId(): string;
  tell(seen: Observation): void;
  /**
   * Tells of bytes that never became a request.
   * @param answer tells the caller, with the id of the record, and gives the bytes of the body that goes out
   */
  tellBroken(
    client: string | undefined,
    method: string | undefined,
    denial: Denial,
    answer?: (requestId: string) => number | undefined,
  ): void;
}

export function createRecorder({ observers, now, tick }: RecorderOptions): Recorder {
  const nextId = createIdSource();
  const tell = (seen: Observation): void => {
    for (const observe of observers) observe(seen);
  };
  return {
    now,
    tick,
    nextId,
    tell,
    tellBroken(client, method, denial, answer) {
      const id = nextId();
      const bytesOut = answer?.(id);
      tell(observeBroken({ id, startedAtMs: now(), client, method, denial, bytesOut }));
    },
  };
}

/** Ids that no other process and no other run gives out, cheap enough for every request. */
function createIdSource(): () => string {
  const prefix = randomBytes(6).toString('hex');
  let count = 0;
  return () => `${prefix}-${(++count).toString(36)}`;
}
