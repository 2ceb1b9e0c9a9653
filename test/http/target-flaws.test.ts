// How a refused target is shown: what a terminal or a log reader could be led astray by is escaped.
import { expect, it } from 'vitest';
import { printTarget } from '../../src/http/target-flaws.ts';

it.each([
  ['\r\n{"type":"audit"}', '\\u000D\\u000A{"type":"audit"}'],
  ['/\x1b[31m', '/\\u001B[31m'],
  ['/caf\xe9\u202e', '/caf\\u00E9\\u202E'],
])('%j is shown as %s', (raw, shown) => expect(printTarget(raw)).toBe(shown));
