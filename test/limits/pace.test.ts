// How many answers to guesses go out in a turn, and what happens past what may wait.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pace } from '../../src/limits/pace.ts';

describe('the pace', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  const fill = (count: number) => {
    const pace = new Pace();
    const gone: number[] = [];
    for (let at = 0; at < count; at++) pace.wait(() => void gone.push(at));
    return { pace, gone };
  };

  it('is ten in ten milliseconds, whoever came first goes first', () => {
    const { gone } = fill(25);
    expect(gone).toEqual([]);
    vi.advanceTimersByTime(10);
    expect(gone).toEqual(Array.from({ length: 10 }, (_, at) => at));
    vi.advanceTimersByTime(20);
    expect(gone).toHaveLength(25);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('goes on for whoever comes while it runs, and begins again after a rest', () => {
    const { pace, gone } = fill(1);
    vi.advanceTimersByTime(5);
    pace.wait(() => void gone.push(1));
    vi.advanceTimersByTime(5);
    expect(gone).toEqual([0, 1]);
    pace.wait(() => void gone.push(2));
    vi.advanceTimersByTime(10);
    expect(gone).toEqual([0, 1, 2]);
  });

  it('has no more than a thousand wait: the next is answered at once', () => {
    const { pace, gone } = fill(1000);
    pace.wait(() => void gone.push(-1));
    expect(gone).toEqual([-1]);
    vi.advanceTimersByTime(10);
    pace.wait(() => void gone.push(-2));
    expect(gone).toHaveLength(11);
  });
});
