// The broker's own number in its answer, which tells a failure from a success where the status does not.
import { describe, expect, it } from 'vitest';
import { readAnswerCode } from '../../src/proxy/answer-code.ts';
import { BROKERS, PUBLISH, startPair } from '../support/pair.ts';
import { okAnswer } from '../support/upstream.ts';

describe('the code of an answer', () => {
  it.each([
    ['{"code":102}', 102],
    ['{"code":0,"data":[{"code":5}]}', 0],
    [' {\n "code" : -1 , "x": 1}', -1],
    ['{"data":[],"code":108}', 108],
    [`{"code":0,"data":"${'x'.repeat(5000)}"}`, 0],
    ['{"data":{"code":5}}', undefined],
    ['{"code":"BAD_REQUEST"}', undefined],
    ['{"code":1.5}', undefined],
    ['{"code":12345678901234567890}', undefined],
    ['[{"code":5}]', undefined],
    ['{"code":5', undefined],
    ['"code"', undefined],
    ['', undefined],
  ])('%s is %s', (body, code) => expect(readAnswerCode(body)).toBe(code));
});

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('the record', () => {
  it.each([
    ['of one piece', okAnswer('{"code":102}')],
    ['in chunks', `${CHUNKED}4\r\n{"co\r\n8\r\nde":102}\r\n0\r\n\r\n`],
  ])('of a publish that the broker did not make, answered with 200 %s, says so', async (_, bytes) => {
    const pair = await startPair({ respond: () => bytes });
    expect(await pair.post('{"topic":"a"}')).toMatchObject({ status: 200, body: '{"code":102}' });
    expect(await pair.soleRecord()).toMatchObject({
      outcome: 'allowed',
      action: 'mqtt.publish',
      upstream_status: 200,
      upstream_code: 102,
    });
  });

  it('of a success has the code 0', async () => {
    const pair = await startPair();
    await pair.ask('POST', PUBLISH);
    expect((await pair.soleRecord()).upstream_code).toBe(0);
  });

  it('of an answer without a code has none', async () => {
    const pair = await startPair({ respond: () => okAnswer('# HELP') });
    await pair.ask('GET', BROKERS);
    expect((await pair.soleRecord()).upstream_code).toBeUndefined();
  });
});
