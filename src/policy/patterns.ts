// Regular expressions that a token or the settings bring, tried on texts that a client chooses. A pattern may take
// for ever on the right text, so all of them together get a few milliseconds in a context of their own.
import { createContext, Script } from 'node:vm';

const BUDGET_MS = 100;
/** Of runs that had hardly any of the processor, on a machine that is busy with other things. */
const MAX_TRIES = 5;

const context: { input?: string } = Object.create(null);
createContext(context);
const script = new Script(
  'JSON.stringify(JSON.parse(input).map(([pattern, text]) => new RegExp(pattern).test(text)))',
);

export type PatternResult = readonly boolean[] | { readonly flaw: string };

/** Whether each text matches its pattern, which is not anchored. */
export function testPatterns(pairs: readonly (readonly [pattern: string, text: string])[]): PatternResult {
  if (pairs.length === 0) return [];
  context.input = JSON.stringify(pairs);
  try {
    return JSON.parse(runWithinBudget()) as boolean[];
  } catch (error) {
    return { flaw: isTimeout(error) ? 'a pattern takes too long' : 'a pattern is not a regular expression' };
  }
}

/** The bound is one of the time of day: whoever waited for the processor during most of it gets another. */
function runWithinBudget(): string {
  for (let tries = 1; ; tries++) {
    const before = process.cpuUsage();
    try {
      return script.runInContext(context, { timeout: BUDGET_MS }) as string;
    } catch (error) {
      const { user, system } = process.cpuUsage(before);
      const hasWaited = (user + system) / 1000 < BUDGET_MS / 2;
      if (!isTimeout(error) || !hasWaited || tries === MAX_TRIES) throw error;
    }
  }
}

const isTimeout = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/** Whether a text is a regular expression at all. */
export function isPattern(text: string): boolean {
  return !('flaw' in testPatterns([[text, '']]));
}
