// A command run inside the test's own process, where starting one for each of many cases would cost too much.
// Paths in arguments must be absolute: the working directory is the test runner's.
import { runProgram as runInside } from '../../src/cli/program.ts';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runCommand(args: readonly string[], input = ''): Promise<CommandResult> {
  let stdout = '';
  let stderr = '';
  const terminal = {
    print: (text: string) => {
      stdout += text;
    },
    report: (line: string) => {
      stderr += `${line}\n`;
    },
    readInput: async () => input,
    isWatched: { stdout: false, stderr: true },
    pid: 1,
    now: Date.now,
    self: 'broker-guard',
    untilStopped: async () => undefined,
    onReload: () => undefined,
    onReopen: () => undefined,
  };
  const code = await runInside(args, terminal, '0.0.0');
  return { code, stdout, stderr };
}
