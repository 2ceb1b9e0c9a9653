// A file of audit records, read line by line however long it is; those of the guard itself are passed over.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Failure } from '../failure.ts';
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
    throw new Failure('settings_unreadable', `--audit: ${file} cannot be read (${(error as Error).message})`);
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
