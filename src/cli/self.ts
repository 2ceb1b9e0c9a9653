// How a shell calls this program again, from the folder that a person is in.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { quoteForShell } from './shell.ts';

const COMMAND = 'broker-guard';

export interface Whereabouts {
  /** The file that Node was started with. */
  readonly main: string;
  readonly directory: string;
  /** What a shell looks commands up in. */
  readonly path: string;
}

/** `broker-guard` where it is on the path, `npx broker-guard` where it is installed here, else the file itself. */
export function nameSelf({ main, directory, path }: Whereabouts): string {
  const own = join(dirname(realpathSync(main)), COMMAND);
  const isOwn = (place: string): boolean => realpathSync(join(place, COMMAND)) === own;
  // npm and npx put theirs in front, for their children alone.
  const places = path.split(':').filter((place) => place !== '' && !/node_modules\/\.bin\/?$/.test(place));
  const first = places.find((place) => existsSync(join(place, COMMAND)));
  if (first !== undefined && isOwn(first)) return COMMAND;
  const local = join(directory, 'node_modules/.bin');
  if (existsSync(join(local, COMMAND)) && isOwn(local)) return `npx ${COMMAND}`;
  return `node ${quoteForShell(relative(directory, main))}`;
}
