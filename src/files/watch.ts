// The kernel's hint that something in a directory changed, and mostly what. Only a hint: a watch follows a directory
// that is moved away, misses writes behind links, and does not exist on some network file systems; the poll is the truth.

import { type FSWatcher, watch } from 'node:fs';

export class DirectoryWatch {
  readonly #directory: string;
  readonly #onHint: (name: string | undefined, isContent: boolean) => void;
  #watcher: FSWatcher | undefined;
  #identity = '';

  /**
   * @param onHint takes the name that has come, changed or gone, where the kernel tells it, and whether only what is in the file
   *   has changed, or its mode
   */
  constructor(directory: string, onHint: (name: string | undefined, isContent: boolean) => void) {
    this.#directory = directory;
    this.#onHint = onHint;
  }

  /**
   * Watches the directory now at the path, unless it is the one already watched. `identity` must have been read
   * before this call: a directory swapped in between then shows as another one at the next call.
   */
  follow(identity: string): void {
    if (identity === this.#identity && this.#watcher) return;
    this.close();
    this.#identity = identity;
    if (identity === '') return;
    try {
      this.#watcher = watch(this.#directory, { persistent: false }, (event, name) =>
        this.#onHint(name ?? undefined, event === 'change'),
      );
      this.#watcher.on('error', () => this.close());
    } catch {
      // No watch to be had (inotify limit, directory just gone): the next call tries again, the poll goes on.
    }
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
