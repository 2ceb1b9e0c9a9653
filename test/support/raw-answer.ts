// Reads an HTTP/1.1 answer off the bytes of a connection, strictly: half an answer is no answer.

export interface RawAnswer {
  readonly status: number;
  /** Lower-case names; repeated fields joined with `, `. */
  readonly headers: ReadonlyMap<string, string>;
  /** Without its chunks' framing, as latin1. */
  readonly body: string;
  /** The statuses of the interim answers (1xx) that came before it. */
  readonly interim: readonly number[];
}

export interface AnswerOptions {
  /** The answer is to a HEAD request: no body follows, whatever its fields say. */
  readonly isHead?: boolean;
}

export interface ParsedAnswer {
  readonly answer: RawAnswer;
  /** Bytes the answer took. */
  readonly size: number;
}

/** The answer at the beginning of `received`; undefined where it is not whole. */
export function parseAnswer(
  received: Buffer,
  ended: boolean,
  options: AnswerOptions,
): ParsedAnswer | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [statusLine, ...lines] = received.subarray(0, headEnd).toString('latin1').split('\r\n');
  const status = Number(statusLine?.split(' ')[1]);
  const rest = received.subarray(headEnd + 4);
  if (status < 200) return addInterim(status, headEnd + 4, parseAnswer(rest, ended, options));
  const headers = readHeaders(lines);
  const isBodiless = options.isHead === true || status === 204 || status === 304;
  const body = isBodiless ? { text: '', size: 0 } : readBody(rest, headers, ended);
  if (body === undefined) return undefined;
  return { answer: { status, headers, body: body.text, interim: [] }, size: headEnd + 4 + body.size };
}

function addInterim(
  status: number,
  size: number,
  parsed: ParsedAnswer | undefined,
): ParsedAnswer | undefined {
  if (parsed === undefined) return undefined;
  const { answer } = parsed;
  return { answer: { ...answer, interim: [status, ...answer.interim] }, size: size + parsed.size };
}

function readHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    const value = line.slice(line.indexOf(':') + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  return headers;
}

/** RFC 9112 §6.3: chunks, a length, or everything up to the end of the connection. */
function readBody(rest: Buffer, headers: ReadonlyMap<string, string>, ended: boolean) {
  if (headers.get('transfer-encoding') === 'chunked') return readChunks(rest);
  const length = headers.get('content-length');
  if (length === undefined) {
    return ended ? { text: rest.toString('latin1'), size: rest.length } : undefined;
  }
  const size = Number(length);
  return rest.length < size ? undefined : { text: rest.subarray(0, size).toString('latin1'), size };
}

function readChunks(rest: Buffer) {
  let text = '';
  let at = 0;
  for (;;) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(rest.subarray(at, lineEnd).toString('latin1'), 16);
    const end = lineEnd + 2 + size + 2;
    if (rest.length < end) return undefined;
    text += rest.subarray(lineEnd + 2, end - 2).toString('latin1');
    at = end;
    if (size === 0) return { text, size: at };
  }
}
