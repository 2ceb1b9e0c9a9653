// The file that audit records go to, from start to stop: opened, opened again by its name where a tool has moved it away
// (logrotate), changed by other settings.
import { Failure } from '../failure.ts';
import { type AuditLog, openAuditLog } from '../observe/audit/log.ts';
import { closeAuditOutput, openAuditOutput } from '../observe/audit/output.ts';

type Report = (line: string) => void;

export class AuditFile {
  readonly log: AuditLog;
  readonly #report: Report;
  #file: string | undefined;

  /**
   * @param file undefined for standard output
   * @param isWatched whether somebody watches standard output
   * @throws SettingsFailure where it cannot be opened
   */
  constructor(file: string | undefined, isWatched: boolean, report: Report) {
    this.log = openAuditLog({ fd: openAuditOutput(file), report, isWatched });
    this.#file = file;
    this.#report = report;
  }

  /** By the name it has; where that fails, records go on to the file that is open. */
  reopen(): void {
    if (this.#file === undefined) return;
    try {
      this.log.use(openAuditOutput(this.#file));
      this.#report(`audit records go to ${this.#file}, opened again`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#report(`warning: ${error.message}. Records go on to the file that was open before`);
    }
  }

  /**
   * Opens the file of other settings; records go there once `settle` is called, which is told whether it shall be so.
   * @throws SettingsFailure where it cannot be opened
   */
  prepare(file: string | undefined): { settle(isWanted: boolean): void } {
    const fd = openAuditOutput(file);
    return {
      settle: (isWanted) => {
        if (!isWanted) return closeAuditOutput(fd);
        this.log.use(fd);
        this.#file = file;
      },
    };
  }
}
