// What a user puts on a command line by mistake must not come back in an error message: terminals and CI jobs
// keep what they print.

const PEM = /-----BEGIN [\s\S]*/g;
const COMPACT_JWS = /eyJ[\w-]*\.[\w-]*(?:\.[\w-]*){0,3}/g;

/** The text without tokens and PEM blocks. */
export const redact = (text: string): string =>
  text
    .replace(PEM, '[a PEM block: give the name of its file, or - for standard input]')
    .replace(COMPACT_JWS, '[a token]');
