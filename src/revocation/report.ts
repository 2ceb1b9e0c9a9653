// What the operator is told of the revocations file: each line that cannot be read once, and when the file itself is no longer
// there or readable. Knows no file system.

/** Takes one line for the operator. */
type Report = (line: string) => void;

/** More of the same help nobody. */
const MOST_TOLD = 5;
/** Lines that are remembered as told: the file is read anew whenever somebody has put another in its place. */
const MOST_REMEMBERED = 1000;

export class RevocationReport {
  readonly #file: string;
  readonly #report: Report;
  readonly #told = new Set<string>();
  #flawed = 0;
  #trouble: string | undefined;

  constructor(file: string, report: Report) {
    this.#file = file;
    this.#report = report;
  }

  /** @param flaw finishes the sentence "the line ..." */
  tellFlaw(line: string, place: number | 'the end', flaw: string): void {
    if (this.#told.has(line)) return;
    if (this.#told.size < MOST_REMEMBERED) this.#told.add(line);
    this.#flawed++;
    if (this.#flawed > MOST_TOLD) return;
    const where = place === 'the end' ? this.#file : `${this.#file}:${place}`;
    const which = place === 'the end' ? 'the last line is torn: it' : 'the line';
    this.#report(`warning: ${where}: ${which} ${flaw}. It is passed over; every other line counts`);
  }

  /** To be called after each look. */
  endLook(): void {
    const more = this.#flawed - MOST_TOLD;
    if (more > 0) this.#report(`warning: ${this.#file}: ${more} more lines cannot be read`);
    this.#flawed = 0;
  }

  /** @param trouble finishes the sentence "the revocations file ..."; undefined where there is none */
  tellTrouble(trouble: string | undefined): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    const file = `the revocations file ${this.#file}`;
    this.#report(
      trouble === undefined
        ? `${file} is read again`
        : `warning: ${file} ${trouble}: what is known to be revoked stays so while this guard runs`,
    );
  }
}
