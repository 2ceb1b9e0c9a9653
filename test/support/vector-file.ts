// Recorded answers, as they lie in test/vectors.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

export const readVectors = <T>(name: string): T =>
  JSON.parse(readFileSync(join(ROOT, 'test/vectors', name), 'utf8')) as T;
