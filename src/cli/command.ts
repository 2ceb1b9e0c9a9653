// What the commands of the command line have in common: how one is made, and the flags that say which settings it means.
import type { Command } from 'commander';

/** Subcommands inherit exitOverride and output only when their parent makes them. */
export function command(program: Command, name: string, description: string): Command {
  return program.command(name).description(description);
}

export function addSettings(target: Command): Command {
  return target
    .option('-c, --config <file>', 'settings file (default: nanomq.conf, where it exists)')
    .option('--listen <address>', 'instead of guard.listen')
    .option('--keys-dir <directory>', 'instead of guard.keys_dir')
    .option('--upstream <url>', 'instead of guard.upstream.url')
    .option('--service-listen <address>', 'instead of guard.service.listen');
}
