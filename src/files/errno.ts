// What the system says when it refuses something.

/** The errno name of a thrown value, or its text. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
