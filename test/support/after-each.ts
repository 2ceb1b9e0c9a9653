// What every test ends with. A setup file runs again for each test file: it holds nothing itself.
import { afterEach } from 'vitest';
import { refuseSecrets } from './secrets.ts';

afterEach(refuseSecrets);
