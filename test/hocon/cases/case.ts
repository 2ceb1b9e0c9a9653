// The shape of the case tables: a fact, a text, and what reading it gives.

export interface ValueCase {
  readonly fact: string;
  readonly text: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly root: unknown;
}

export interface ErrorCase {
  readonly fact: string;
  readonly text: string;
  /** `line:column`. */
  readonly at: string;
  readonly message: RegExp;
}
