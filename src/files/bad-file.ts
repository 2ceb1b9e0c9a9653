// A file that is not trusted, with the sentence that says why. Knows no format.

/** `incomplete`: a writer may still be busy, so a second look is worth it. */
export interface BadFile {
  readonly usable: false;
  readonly reason: string;
  readonly incomplete: boolean;
}

export const bad = (reason: string): BadFile => ({ usable: false, reason, incomplete: false });
export const incomplete = (reason: string): BadFile => ({ usable: false, reason, incomplete: true });
