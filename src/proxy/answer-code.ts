// The number that a broker gives its answer besides the HTTP status: NanoMQ says `{"code":102}` with status 200 of a
// message that it has not published.

/** So much of an answer is looked at: one that is no success is short. */
export const LOOKED_AT_BYTES = 1024;

/** Where brokers have it: then the rest need not be read. */
const FIRST = /^\s*\{\s*"code"\s*:\s*(-?\d{1,9})\s*[,}]/;

/**
 * Undefined where the answer has none.
 * @param body its beginning, or all of it
 */
export function readAnswerCode(body: string): number | undefined {
  const first = FIRST.exec(body)?.[1];
  if (first !== undefined) return Number(first);
  return body.length <= LOOKED_AT_BYTES && body.includes('"code"') ? parseCode(body) : undefined;
}

function parseCode(body: string): number | undefined {
  try {
    const { code } = JSON.parse(body);
    return Number.isSafeInteger(code) ? code : undefined;
  } catch {
    return undefined;
  }
}
