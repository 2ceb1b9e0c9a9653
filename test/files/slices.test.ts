// Much work, a few milliseconds a turn of the event loop: counted in turns, by a clock that is given.
import { describe, expect, it } from 'vitest';
import { workInSlices } from '../../src/files/slices.ts';

/** Works on `count` things that take `costMs` each; gives the turn in which each was worked on, and the time worked. */
async function work(count: number, costMs: (thing: number) => number, turnMs = 0) {
  let nowMs = 0;
  let turn = 0;
  let isOver = false;
  const countTurn = () => {
    turn += 1;
    nowMs += turnMs;
    if (!isOver) setImmediate(countTurn);
  };
  setImmediate(countTurn);
  const turns: number[] = [];
  const things = Array.from({ length: count }, (_, thing) => thing);
  const workedMs = await workInSlices(
    things,
    (thing) => {
      turns.push(turn);
      nowMs += costMs(thing);
    },
    () => nowMs,
  );
  isOver = true;
  return { turns, workedMs };
}

describe('work in slices', () => {
  it('goes on in the same turn while it costs next to nothing, however many things there are', async () => {
    const { turns } = await work(10_000, () => 0);
    expect(new Set(turns)).toEqual(new Set([0]));
  });

  it('leaves the turn after 4 ms, however few things that were', async () => {
    expect((await work(6, () => 2)).turns).toEqual([0, 0, 1, 1, 2, 2]);
    expect((await work(3, () => 30)).turns).toEqual([0, 1, 2]);
    expect((await work(5, (thing) => (thing === 1 ? 30 : 1))).turns).toEqual([0, 0, 1, 1, 1]);
  });

  it('counts the time worked, and not the time that others have taken in between', async () => {
    expect((await work(6, () => 2, 50)).workedMs).toBe(12);
  });

  it('is done at once where there is nothing to do', async () => {
    expect(await work(0, () => 1)).toEqual({ turns: [], workedMs: 0 });
  });
});
