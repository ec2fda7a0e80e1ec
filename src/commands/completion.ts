/** `iptlint completion bash|zsh|fish`: a completion script, written from the commands' own data. */
import { type Command, type Flag, UsageError } from './command.js';
import { commonFlags } from './common-flags.js';
import { commands } from './index.js';
import { defaultCommand } from './names.js';

export const completion: Command = {
  name: 'completion',
  usage: 'bash|zsh|fish',
  words: 1,
  summary: 'print a completion script for a shell',
  about: 'Prints a script that completes commands, flags and their values. It is made from this version; make it anew after an update.',
  flags: {},
  firstWords: ['bash', 'zsh', 'fish'],
  examples: [
    ['source <(iptlint completion bash)', 'bash, this session'],
    ['iptlint completion zsh > ~/.zfunc/_iptlint', 'zsh; the folder has to be in fpath'],
    ['iptlint completion fish > ~/.config/fish/completions/iptlint.fish', 'fish'],
  ],
  run: async (given, { streams }) => {
    const [shell] = given.words;
    const write = { bash, zsh, fish }[shell ?? ''];
    if (!write) throw new UsageError(`completion takes bash, zsh or fish${shell === undefined ? '' : `, not ${shell}`}`);
    const all = await Promise.all(Object.values(commands).map((load) => load()));
    streams.stdout.write(write(all));
    return 0;
  },
};

const flagsOf = (command: Command): [name: string, flag: Flag][] => Object.entries({ ...command.flags, ...commonFlags });
const wordsOf = (command: Command): string =>
  flagsOf(command)
    .flatMap(([name, { short }]) => [`--${name}`, ...(short ? [`-${short}`] : [])])
    .join(' ');
const spellings = (name: string, { short }: Flag): string => [`--${name}`, ...(short ? [`-${short}`] : [])].join('|');

const bash = (all: readonly Command[]): string => {
  const names = all.map(({ name }) => name);
  const values = (command: Command): string =>
    flagsOf(command)
      .filter(([, { value }]) => value)
      .map(([name, flag]) => {
        const reply = flag.choices
          ? `COMPREPLY=($(compgen -W '${flag.choices.join(' ')}' -- "$cur"))`
          : 'COMPREPLY=($(compgen -f -- "$cur"))';
        return `        ${spellings(name, flag)}) ${reply}; return ;;\n`;
      })
      .join('');
  const cases = all.map((command) => {
    const first = command.firstWords
      ? `COMPREPLY=($(compgen -W '${command.firstWords.join(' ')}' -- "$cur"))`
      : 'COMPREPLY=($(compgen -f -- "$cur"))';
    return `    ${command.name})
      case $prev in
${values(command)}      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '${wordsOf(command)}' -- "$cur"))
      else ${first}; fi ;;
`;
  });
  return `# bash completion for iptlint
_iptlint() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=${defaultCommand} word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${names.join('|')}) command=$word; break ;; esac
  done
  if ((COMP_CWORD == 1)) && [[ $cur != -* ]]; then
    COMPREPLY=($(compgen -W '${names.join(' ')}' -- "$cur") $(compgen -f -- "$cur"))
    return
  fi
  case $command in
${cases.join('')}  esac
}
complete -o filenames -F _iptlint iptlint
`;
};

const zsh = (all: readonly Command[]): string => {
  // Inside '...[...]:...' these have a meaning of their own.
  const clean = (text: string): string => text.replace(/'/g, "'\\''").replace(/[[\]:\\]/g, '\\$&');
  const specs = (command: Command): string =>
    flagsOf(command)
      .flatMap(([name, flag]) => {
        const action = flag.value ? `:${clean(flag.value)}:${flag.choices ? `(${flag.choices.join(' ')})` : '_files'}` : '';
        const many = flag.many ? '*' : '';
        return [`--${name}`, ...(flag.short ? [`-${flag.short}`] : [])].map(
          (spelling) => `        '${many}${spelling}[${clean(flag.says)}]${action}' \\\n`,
        );
      })
      .join('');
  const cases = all.map((command) => {
    const rest = command.firstWords ? `'1:word:(${command.firstWords.join(' ')})' '*:file:_files'` : "'*:file:_files'";
    return `    ${command.name})
      _arguments -s \\
${specs(command)}        ${rest} ;;
`;
  });
  return `#compdef iptlint
# zsh completion for iptlint
_iptlint() {
  local -a names=(
${all.map(({ name, summary }) => `    '${name}:${clean(summary)}'\n`).join('')}  )
  local command=${defaultCommand}
  if (( CURRENT > 2 )) && (( \${names[(I)$words[2]:*]} )); then
    command=$words[2]
    shift words
    (( CURRENT-- ))
  elif (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe command names
    _files
    return
  fi
  case $command in
${cases.join('')}  esac
}
if [[ $funcstack[1] == _iptlint ]]; then _iptlint "$@"; else compdef _iptlint iptlint; fi
`;
};

const fish = (all: readonly Command[]): string => {
  const clean = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const lines = [
    '# fish completion for iptlint',
    ...all.map(({ name, summary }) => `complete -c iptlint -n __fish_use_subcommand -a ${name} -d ${clean(summary)}`),
  ];
  for (const command of all) {
    const others = all.filter(({ name }) => name !== command.name).map(({ name }) => name);
    const when =
      command.name === defaultCommand
        ? `'not __fish_seen_subcommand_from ${others.join(' ')}'`
        : `'__fish_seen_subcommand_from ${command.name}'`;
    if (command.firstWords) lines.push(`complete -c iptlint -n ${when} -f -a '${command.firstWords.join(' ')}'`);
    for (const [name, { short, value, choices, says }] of flagsOf(command)) {
      const wants = value ? (choices ? ` -x -a '${choices.join(' ')}'` : ' -r -F') : '';
      lines.push(`complete -c iptlint -n ${when} -l ${name}${short ? ` -s ${short}` : ''}${wants} -d ${clean(says)}`);
    }
  }
  return `${lines.join('\n')}\n`;
};
