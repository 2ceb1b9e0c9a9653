// Lines for the operator that callers can cause as often as they like: each at most once a minute, with how often it
// would have been said.

/** @param cause tells lines apart that differ in what does not matter; the line itself unless told */
export type SeldomReport = (line: string, cause?: string) => void;

const QUIET_MS = 60_000;
/** Causes that are remembered; a line whose cause was forgotten is said again. */
const MAX_CAUSES = 100;

interface Said {
  readonly at: number;
  /** How often it was not said since. */
  more: number;
}

/**
 * @param report takes one line
 * @param tick monotonic milliseconds
 */
export function createSeldomReport(report: (line: string) => void, tick: () => number): SeldomReport {
  const causes = new Map<string, Said>();
  return (line, cause = line) => {
    const said = causes.get(cause);
    const now = tick();
    if (said !== undefined && now - said.at < QUIET_MS) {
      said.more++;
      return;
    }
    causes.delete(cause);
    causes.set(cause, { at: now, more: 0 });
    const [oldest] = causes.keys();
    if (causes.size > MAX_CAUSES && oldest !== undefined) causes.delete(oldest);
    report(said?.more ? `${line} (and ${said.more} times more since it was said last)` : line);
  };
}
