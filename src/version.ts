// The version of this package, which it reads from where it is written.
import { createRequire } from 'node:module';

export const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string };
