// Which parts of a body lose their memory once they are sent, and which keep it.
import { describe, expect, it } from 'vitest';
import { free } from '../../src/proxy/body-memory.ts';

const KIB = 1024;

describe('a part of a body that is given back', () => {
  it('has lost its memory', () => {
    const part = Buffer.from(new ArrayBuffer(64 * KIB));
    free(part);
    expect(part.buffer.byteLength).toBe(0);
  });

  it('leaves memory that it shares as it is', () => {
    const memory = Buffer.from(new ArrayBuffer(64 * KIB)).fill('x');
    free(memory.subarray(0, 32 * KIB));
    expect(memory.toString()).toBe('x'.repeat(64 * KIB));
  });

  it('is left to the garbage collector where it is small', () => {
    const part = Buffer.from(new ArrayBuffer(KIB));
    free(part);
    expect(part.length).toBe(KIB);
  });
});
