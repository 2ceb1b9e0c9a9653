// What the reader of an entry is given beside its block.
import type { Fields } from './fields.ts';
import type { MqttSettings } from './mqtt.ts';
import type { FindPlace } from './problems.ts';

export interface EntryMeans {
  readonly semantics: MqttSettings['semantics'];
  readonly find: FindPlace;
  /** A path as the file means it that says it. */
  readonly locate: (path: string, file: string) => string;
  /** Takes what is allowed but deserves a line. */
  readonly warn: (fields: Fields, name: string, what: string) => void;
  /** Keys may come from where others could change them on the way. */
  readonly acceptsInsecureJwks: boolean;
}
