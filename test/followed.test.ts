// Several follow one state: each hears every change until it stops, whatever the others do.
import { describe, expect, it, vi } from 'vitest';
import { FollowedState } from '../src/followed.ts';

describe('a followed state', () => {
  it('is the one it began with until it changes, and the last one after that', () => {
    const state = new FollowedState('a');
    expect(state.current()).toBe('a');
    state.change('b');
    expect(state.current()).toBe('b');
  });

  it('tells every follower each change, in the order in which they came, and nothing before', () => {
    const state = new FollowedState('a');
    const heard: string[] = [];
    state.follow((now) => heard.push(`first ${now}`));
    state.follow((now) => heard.push(`second ${now}`));
    expect(heard).toEqual([]);
    state.change('b');
    state.change('c');
    expect(heard).toEqual(['first b', 'second b', 'first c', 'second c']);
  });

  it('is in place when its followers hear of it', () => {
    const state = new FollowedState('a');
    const seen: string[] = [];
    state.follow(() => seen.push(state.current()));
    state.change('b');
    expect(seen).toEqual(['b']);
  });

  it('no longer tells whoever has stopped, and goes on telling the others', () => {
    const state = new FollowedState('a');
    const [stopped, other] = [vi.fn(), vi.fn()];
    const stop = state.follow(stopped);
    state.follow(other);
    stop();
    stop();
    state.change('b');
    expect(stopped).not.toHaveBeenCalled();
    expect(other).toHaveBeenCalledExactlyOnceWith('b');
  });

  it('tells one function twice that follows twice, and once after one stop', () => {
    const state = new FollowedState('a');
    const listener = vi.fn();
    const stop = state.follow(listener);
    state.follow(listener);
    state.change('b');
    stop();
    state.change('c');
    expect(listener.mock.calls).toEqual([['b'], ['b'], ['c']]);
  });

  it('does not tell a follower that an earlier one has stopped', () => {
    const state = new FollowedState('a');
    const later = vi.fn();
    state.follow(() => stop());
    const stop = state.follow(later);
    state.change('b');
    expect(later).not.toHaveBeenCalled();
  });

  it('tells the others and disturbs nobody when a listener throws; the error is not swallowed', () => {
    const thrown: (() => void)[] = [];
    const nextTick = vi.spyOn(process, 'nextTick').mockImplementation((callback) => {
      thrown.push(callback as () => void);
    });
    try {
      const state = new FollowedState('a');
      const other = vi.fn();
      state.follow(() => {
        throw new Error('broken listener');
      });
      state.follow(other);
      expect(() => state.change('b')).not.toThrow();
      expect(other).toHaveBeenCalledExactlyOnceWith('b');
    } finally {
      nextTick.mockRestore();
    }
    expect(thrown).toHaveLength(1);
    expect(thrown[0]).toThrow('broken listener');
  });
});
