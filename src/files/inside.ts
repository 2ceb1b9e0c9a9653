// Whether a path lies in a directory. Compares names and follows no link: who fears links asks with real paths.

import { sep } from 'node:path';

/** Both absolute and normalized, as `resolve` and `realpath` give them. The directory is not inside itself. */
export const isInside = (path: string, directory: string): boolean =>
  path !== directory && path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
