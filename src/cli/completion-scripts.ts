// What bash, zsh and fish have to be told so as to complete a command line. Knows no command of this program.

/** What may follow the words of a path. */
export interface Place {
  readonly path: readonly string[];
  readonly commands: readonly Word[];
  readonly flags: readonly Flag[];
  /** Arguments that may be files, and those that are one of these words. */
  readonly takesFiles: boolean;
  readonly words: readonly string[];
}

interface Word {
  readonly name: string;
  readonly description: string;
}

interface Flag {
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly takesFiles: boolean;
  readonly words: readonly string[];
}

type Script = (program: string, places: readonly Place[]) => string;

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const nameOf = ({ path }: Place): string => path.join(' ');

/** A pattern of `case`: a path and the word behind it, for each command there is. */
const listSteps = (places: readonly Place[]): string =>
  places
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => quote(`${path.slice(0, -1).join(' ')} ${path.at(-1)}`))
    .join('|');

/** Flags that take one of a few words: the pattern of `case` and the words. */
const listChoices = (places: readonly Place[]): [string, readonly string[]][] =>
  places.flatMap((place) =>
    place.flags
      .filter(({ words }) => words.length > 0)
      .map(({ names, words }): [string, readonly string[]] => [
        names.map((name) => quote(`${nameOf(place)} ${name}`)).join('|'),
        words,
      ]),
  );

/** Flags whose value is to be a file, or anything: nobody wants to be offered other flags there. */
const listValued = (places: readonly Place[]): string =>
  places
    .flatMap((place) =>
      place.flags
        .filter(({ takesValue }) => takesValue)
        .flatMap(({ names }) => names.map((name) => quote(`${nameOf(place)} ${name}`))),
    )
    .join('|');

const bash: Script = (program, places) => `# ${program} for bash: source <(${program} completion bash)
_${program}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" place='' word found=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$place $word" in ${listSteps(places)}) place="\${place:+$place }$word" ;; esac
  done
  COMPREPLY=()
  case "$place $prev" in
${listChoices(places)
  .map(
    ([pattern, words]) =>
      `    ${pattern}) COMPREPLY=($(compgen -W ${quote(words.join(' '))} -- "$cur")); return ;;\n`,
  )
  .join('')}    ${listValued(places)}) return ;;
  esac
  case "$place" in
${places
  .map((place) => {
    const words = [...place.commands.map(({ name }) => name), ...place.words].join(' ');
    const flags = place.flags.flatMap(({ names }) => names).join(' ');
    return `    ${quote(nameOf(place))}) case "$cur" in -*) found=${quote(flags)} ;; *) found=${quote(words)} ;; esac ;;\n`;
  })
  .join('')}  esac
  COMPREPLY=($(compgen -W "$found" -- "$cur"))
}
complete -o default -F _${program} ${program}
`;

/** In `_describe` a colon ends the name. */
const zshEntry = (name: string, description: string): string => quote(`${name}:${description}`);

const zsh: Script = (program, places) => `#compdef ${program}
# ${program} for zsh: this text as _${program} in a folder of $fpath, or source <(${program} completion zsh)
_${program}() {
  local place='' word
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$place $word" in ${listSteps(places)}) place="\${place:+$place }$word" ;; esac
  done
  case "$place \${words[CURRENT-1]}" in
${listChoices(places)
  .map(([pattern, words]) => `    ${pattern}) compadd -- ${words.join(' ')}; return ;;\n`)
  .join('')}    ${listValued(places)}) _files; return ;;
  esac
  case "$place" in
${places
  .map((place) => {
    const flags = place.flags.flatMap(({ names, description }) =>
      names.map((name) => zshEntry(name, description)),
    );
    const words = [
      ...place.commands.map(({ name, description }) => zshEntry(name, description)),
      ...place.words.map((word) => quote(word)),
    ];
    return `    ${quote(nameOf(place))}) if [[ $PREFIX == -* ]]; then found=(${flags.join(' ')}); else found=(${words.join(' ')}); fi ;;\n`;
  })
  .join('')}  esac
  if (( \${#found} )); then _describe ${program} found; else _files; fi
}
if [[ "\${funcstack[1]}" == _${program} ]]; then _${program} "$@"; else compdef _${program} ${program}; fi
`;

const fishQuote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", `\\'`)}'`;

const fish: Script = (program, places) => {
  const at = `__${program.replaceAll('-', '_')}_at`;
  const steps = places.filter(({ path }) => path.length > 0);
  return `# ${program} for fish: ${program} completion fish > ~/.config/fish/completions/${program}.fish
function ${at}
  set -l place
  for word in (commandline -opc)[2..-1]
    switch "$place $word"
      case ${steps.map(({ path }) => fishQuote(`${path.slice(0, -1).join(' ')} ${path.at(-1)}`)).join(' ')}
        set -a place $word
    end
  end
  test "$place" = "$argv[1]"
end
complete -c ${program} -f
${places.map((place) => describeForFish(`complete -c ${program} -n "${at} ${fishQuote(nameOf(place))}"`, place)).join('')}`;
};

function describeForFish(begin: string, place: Place): string {
  const words = place.commands.map(
    ({ name, description }) => `${begin} -a ${name} -d ${fishQuote(description)}\n`,
  );
  const choices = place.words.map((word) => `${begin} -a ${word}\n`);
  const flags = place.flags.map(({ names, description, ...value }) => {
    const spelled = names.map((name) =>
      name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
    );
    return `${begin} ${spelled.join(' ')}${valueForFish(value)} -d ${fishQuote(description)}\n`;
  });
  return [...words, ...choices, ...(place.takesFiles ? [`${begin} -F\n`] : []), ...flags].join('');
}

function valueForFish({ words, takesFiles, takesValue }: Omit<Flag, 'names' | 'description'>): string {
  if (words.length > 0) return ` -x -a ${fishQuote(words.join(' '))}`;
  if (takesFiles) return ' -r -F';
  return takesValue ? ' -x' : '';
}

export const SCRIPTS: Readonly<Record<Shell, Script>> = { bash, zsh, fish };
