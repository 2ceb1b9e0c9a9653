// One call of the mixed load, known at both ends by its target alone: what is sent, by whom, and what has to come back.

const FRAMINGS = ['sized', 'chunked', 'until-close'] as const;
const KINDS = ['plain', 'dropped', 'slow', 'leaves-early', 'leaves-late'] as const;

export interface Operation {
  readonly id: number;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Of the request; `none` where it has no body. */
  readonly upload: 'none' | 'sized' | 'chunked';
  readonly uploadBytes: number;
  readonly answer: (typeof FRAMINGS)[number];
  readonly answerBytes: number;
  /**
   * `dropped`: the broker hangs up when it sees it first. `slow`: the caller reads its answer slowly. `leaves-early`:
   * the caller hangs up in the middle of its own body, or before the answer. `leaves-late`: in the middle of the answer.
   */
  readonly kind: (typeof KINDS)[number];
  readonly caller: number;
}

/** Numbers that are the same in every run. */
export function makeRandom(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

const SIZES = [0, 1, 30, 600, 5000, 20_000, 64 * 1024, 70_000, 200_000];

export function drawOperation(id: number, random: (most: number) => number, callers: number): Operation {
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
  const method = pick(['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'] as const);
  const upload = method === 'GET' ? 'none' : pick(['sized', 'sized', 'chunked'] as const);
  const kind = random(4) === 0 ? pick(KINDS) : 'plain';
  return {
    id,
    method,
    upload,
    uploadBytes: upload === 'none' ? 0 : pick(SIZES),
    answer: random(12) === 0 ? 'until-close' : pick(['sized', 'sized', 'chunked'] as const),
    answerBytes: pick(SIZES),
    kind,
    caller: random(callers),
  };
}

/** Says everything that the broker has to know. */
export const toTarget = ({ id, uploadBytes, answer, answerBytes, kind, caller }: Operation): string =>
  `/api/v4/rules/${id}?upload=${uploadBytes}&answer=${answer}&bytes=${answerBytes}&kind=${kind}&caller=${caller}`;

/** What a broker has to know of an operation. */
export type Asked = Pick<Operation, 'id' | 'uploadBytes' | 'answer' | 'answerBytes' | 'kind' | 'caller'>;

export function readTarget(target: string): Asked {
  const { pathname, searchParams } = new URL(target, 'http://broker');
  const text = (name: string) => searchParams.get(name) ?? '';
  return {
    id: Number(pathname.slice('/api/v4/rules/'.length)),
    uploadBytes: Number(text('upload')),
    answer: text('answer') as Operation['answer'],
    answerBytes: Number(text('bytes')),
    kind: text('kind') as Operation['kind'],
    caller: Number(text('caller')),
  };
}

/** Bytes that no other body and no other place of this one has. */
export function makeBytes(owner: string, count: number): Buffer {
  let text = '';
  for (let line = 0; text.length < count; line++) text += `${owner}:${line}\n`;
  return Buffer.from(text.slice(0, count), 'latin1');
}

export const uploadOf = ({ id, uploadBytes }: Asked): Buffer => makeBytes(`up${id}`, uploadBytes);
export const answerOf = ({ id, answerBytes }: Asked): Buffer => makeBytes(`down${id}`, answerBytes);
