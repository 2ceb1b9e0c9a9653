// What a redacted answer holds of the memory that all of them share, and until when.
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { SecretMembers } from '../../src/policy/secret-members.ts';
import { Allowance } from '../../src/proxy/allowance.ts';
import { RedactedAnswer } from '../../src/proxy/redacted-answer.ts';

const TYPE = ['content-type', 'application/json'];
const TEXT = Buffer.from(`{"password":"hunter2","a":"${'x'.repeat(20_000)}"}`);

function makeAnswer() {
  const written: unknown[] = [];
  const res = Object.assign(new EventEmitter(), {
    writeHead: () => res,
    end: (body: Buffer) => void written.push(body.toString()),
  });
  const held = new Allowance({ total: TEXT.length, perCaller: TEXT.length });
  const isFree = () => {
    const isTaken = held.take('another', TEXT.length);
    if (isTaken) held.give('another', TEXT.length);
    return isTaken;
  };
  const exchange = {
    id: '1',
    req: { method: 'GET' },
    res,
    answerFields: [],
    endsConnection: () => false,
  } as never;
  const answer = new RedactedAnswer(
    exchange,
    { origin: 'http://127.0.0.1:9', basePath: '' },
    {
      secrets: new SecretMembers(['password']),
      limits: { maxAnswerBytes: TEXT.length, held },
      caller: 'ops.pub',
    },
  );
  return { answer, res, written, isFree };
}

describe('a redacted answer', () => {
  it('counts from when it is read until its caller has taken it', () => {
    const { answer, res, written, isFree } = makeAnswer();
    answer.begin(200, TYPE);
    expect(isFree()).toBe(true);
    expect(answer.take(TEXT)).toBe(true);
    expect(isFree()).toBe(false);
    expect(answer.end()).toBeUndefined();
    answer.stop();
    expect([written, isFree()]).toEqual([[TEXT.toString().replace('hunter2', '******')], false]);
    res.emit('close');
    expect(isFree()).toBe(true);
  });

  it('that comes byte by byte takes no more than its length', () => {
    const { answer, res, written, isFree } = makeAnswer();
    answer.begin(200, TYPE);
    for (let at = 0; at < TEXT.length; at++) expect(answer.take(TEXT.subarray(at, at + 1))).toBe(true);
    expect(answer.end()).toBeUndefined();
    expect(written).toEqual([TEXT.toString().replace('hunter2', '******')]);
    res.emit('close');
    expect(isFree()).toBe(true);
  });

  it.each([
    ['breaks off', (answer: RedactedAnswer) => answer.stop()],
    [
      'is withheld',
      (answer: RedactedAnswer) => {
        answer.take(Buffer.from('x'));
        answer.stop();
      },
    ],
  ])('that %s counts no longer', (_, end) => {
    const { answer, written, isFree } = makeAnswer();
    answer.begin(200, TYPE);
    answer.take(TEXT);
    end(answer);
    expect([written, isFree()]).toEqual([[], true]);
  });
});
