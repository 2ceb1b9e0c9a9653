// `broker-guard completion`: a script by which a shell knows the commands, their flags and the words these take. Read from
// the program itself, and nothing is started when somebody presses Tab.
import type { Command, Option } from 'commander';
import { type Place, SCRIPTS, type Shell } from './completion-scripts.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

export async function runCompletion(terminal: Terminal, shell: Shell, program: Command): Promise<ExitCode> {
  terminal.print(SCRIPTS[shell](program.name(), listPlaces(program, [])));
  return EXIT.done;
}

/** The program itself, its commands and theirs. */
function listPlaces(command: Command, path: readonly string[]): Place[] {
  const inner = command.commands.flatMap((one) => listPlaces(one, [...path, one.name()]));
  const place: Place = {
    path,
    commands: command.commands.map((one) => ({ name: one.name(), description: one.description() })),
    flags: [...command.options, ...helpOf(command)].map(describeFlag),
    takesFiles: command.registeredArguments.some(({ argChoices }) => argChoices === undefined),
    words: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
  return [place, ...inner];
}

const helpOf = (command: Command): readonly Option[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .filter(({ long }) => long === '--help');

function describeFlag({
  short,
  long,
  description,
  required,
  argChoices,
  flags,
}: Option): Place['flags'][number] {
  return {
    names: [short, long].filter((name) => name !== undefined),
    description,
    takesValue: required,
    takesFiles: /<(?:file|directory)/.test(flags),
    words: argChoices ?? [],
  };
}
