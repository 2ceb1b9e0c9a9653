// A file of audit records, read line by line however long it is; those of the guard itself are passed over.
import { accessSync, constants, createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Settings } from '../config/settings.ts';
import { Failure } from '../failure.ts';
import { codeOf } from '../files/errno.ts';
import type { AuditRecord } from '../observe/audit/record.ts';

/**
 * The records of a file in its order; a line that is torn or of another program is none.
 * @param part that the lines of interest have in them
 * @throws Failure where it cannot be read
 */
export async function* readAuditRecords(file: string, part = ''): AsyncGenerator<AuditRecord> {
  try {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const record = line.includes(part) ? parse(line) : undefined;
      if (record !== undefined) yield record;
    }
  } catch (error) {
    throw new Failure(
      'settings_unreadable',
      `the audit records in ${file} cannot be read (${codeOf(error)})`,
    );
  }
}

/** The file of the settings, where this user may read it: a guard that has not run yet has none. */
export function listOwnRecords({ audit: { file } }: Settings): readonly string[] | undefined {
  if (file === undefined) return undefined;
  try {
    accessSync(file, constants.R_OK);
    return [file];
  } catch {
    return undefined;
  }
}

function parse(line: string): AuditRecord | undefined {
  try {
    const record = JSON.parse(line) as AuditRecord | null;
    return record?.type === 'audit' ? record : undefined;
  } catch {
    return undefined;
  }
}
