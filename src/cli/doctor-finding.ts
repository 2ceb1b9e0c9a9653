// One thing that the doctor has looked at, and what came of it.

/** A problem lets somebody in, or keeps everybody out; a note is what could not be told. */
export interface Finding {
  readonly about: 'settings' | 'keys' | 'files' | 'tokens' | 'broker' | 'reach' | 'clock' | 'guard';
  readonly verdict: 'ok' | 'note' | 'warning' | 'problem';
  readonly message: string;
}
