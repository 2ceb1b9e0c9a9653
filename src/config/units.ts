// Durations and sizes as people write them in settings: `10s`, `100 ms`, `8KB`. Pure; knows no setting's own bounds.

const MILLISECONDS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

const BYTES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['kb', 1024],
  ['mb', 1024 ** 2],
  ['gb', 1024 ** 3],
]);

/**
 * `10s`, `1.5 h`, `100 ms` in milliseconds; units `ms s m h d`, in lower case as HOCON has them. A bare `0` needs no
 * unit; any other bare number is undefined, since it could be meant as seconds or as milliseconds. Undefined too for
 * a sign, an exponent, a part of a millisecond, and what no number holds exactly.
 */
export function parseDurationMs(text: string): number | undefined {
  return text.trim() === '0' ? 0 : parseMeasure(text, MILLISECONDS);
}

/**
 * `8KB`, `1.5 mb`, `512` in bytes; units `B KB MB GB` in any case, of 1024; a bare number is bytes. Undefined for a
 * sign, an exponent, a part of a byte, and what no number holds exactly.
 */
export function parseSizeBytes(text: string): number | undefined {
  return parseMeasure(text.toLowerCase(), BYTES);
}

function parseMeasure(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const match = /^(\d{1,16}(?:\.\d{1,9})?)\s{0,8}([a-z]{0,2})$/.exec(text.trim());
  const factor = units.get(match?.[2] ?? 'none');
  if (factor === undefined) return undefined;
  const exact = Number(match?.[1]) * factor;
  const whole = Math.round(exact);
  // 1.1s is 1100.0000000000002 in floating point: a whole number all the same.
  const isWhole = Math.abs(exact - whole) < 1e-6;
  return isWhole && Number.isSafeInteger(whole) ? whole : undefined;
}
