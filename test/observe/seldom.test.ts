// What callers can have the guard say as often as they like is said once a minute, with a count.
import { describe, expect, it } from 'vitest';
import { createSeldomReport } from '../../src/observe/seldom.ts';

const MINUTE_MS = 60_000;

function watch() {
  const lines: string[] = [];
  const clock = { ms: 0 };
  const say = createSeldomReport(
    (line) => void lines.push(line),
    () => clock.ms,
  );
  return { lines, clock, say };
}

describe('a line that callers can cause', () => {
  it('is said once a minute, and then how often it was not', () => {
    const { lines, clock, say } = watch();
    for (let count = 0; count < 3000; count++) say('refused');
    expect(lines).toEqual(['refused']);
    clock.ms = MINUTE_MS - 1;
    say('refused');
    expect(lines).toHaveLength(1);
    clock.ms = MINUTE_MS;
    say('refused');
    expect(lines.slice(1)).toEqual(['refused (and 3000 times more since it was said last)']);
    clock.ms = 2 * MINUTE_MS;
    say('refused');
    expect(lines.slice(2)).toEqual(['refused']);
  });

  it('is not held up by another', () => {
    const { lines, say } = watch();
    for (const line of ['one', 'two', 'one']) say(line);
    expect(lines).toEqual(['one', 'two']);
  });

  it('counts as the same where only what does not matter differs', () => {
    const { lines, say } = watch();
    for (let id = 0; id < 5; id++) say(`request ${id} failed`, 'failed');
    expect(lines).toEqual(['request 0 failed']);
  });

  it('takes up no more memory however many there are', () => {
    const { lines, say } = watch();
    for (let count = 0; count < 1000; count++) say(`line ${count}`);
    say('line 999');
    expect(lines).toHaveLength(1000);
    say('line 0');
    expect(lines).toHaveLength(1001);
  });
});
