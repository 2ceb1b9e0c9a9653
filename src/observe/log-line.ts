// The guard's own lines on standard error. On a terminal they are as they are; elsewhere somebody will ask when it was.

export type LogFormat = 'text' | 'json';

export interface LogStyle {
  readonly format: LogFormat;
  /** Somebody watches. */
  readonly isTerminal: boolean;
}

const WARNING = 'warning: ';

/** @param now Unix time in milliseconds */
export function formatLogLine(line: string, { format, isTerminal }: LogStyle, now: number): string {
  if (isTerminal) return line;
  const time = new Date(now).toISOString();
  if (format === 'text') return `${time} ${line}`;
  const isWarning = line.startsWith(WARNING);
  const message = isWarning ? line.slice(WARNING.length) : line;
  return JSON.stringify({ time, level: isWarning ? 'warning' : 'info', message });
}
