// The key pair that the first start with an embedded broker makes: where it lies, and that it is still there.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const TRIAL_ISSUER = 'operator';

export interface TrialPair {
  readonly privateFile: string;
  readonly publicFile: string;
}

export const locateTrialPair = (keysDirectory: string): TrialPair => ({
  privateFile: join(dirname(keysDirectory), `${TRIAL_ISSUER}.key`),
  publicFile: join(keysDirectory, `${TRIAL_ISSUER}.pub`),
});

/** What deserves a line where a broker of one's own is guarded: both halves, since an issuer may be called so. */
export function describeLeftover(keysDirectory: string): string | undefined {
  const { privateFile, publicFile } = locateTrialPair(keysDirectory);
  if (!existsSync(privateFile) || !existsSync(publicFile)) return undefined;
  return `${publicFile} is left over from trying out, with ${privateFile} beside it, and its tokens are good here: remove both, unless they are meant`;
}
