// The commands that a page of the docs prints, chapter by chapter, as its reader finds them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

/** The blocks of `sh` by the title of their chapter, in the order of the page; '' has those before the first title. */
export function readCommands(page: string): ReadonlyMap<string, readonly string[]> {
  const [beginning = '', ...chapters] = readFileSync(join(ROOT, page), 'utf8').split('\n## ');
  const blocks = new Map([['', listBlocks(beginning)]]);
  for (const chapter of chapters) blocks.set(chapter.split('\n', 1)[0] as string, listBlocks(chapter));
  return new Map([...blocks].filter(([, own]) => own.length > 0));
}

const listBlocks = (text: string): string[] =>
  [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => (block as string).trim());
