import { deeperPaths, functionName, quote, type CompletedCommand, type CompletionTable } from './completion-table.ts';

export function zshScript(table: CompletionTable): string {
  const { program, commands } = table;
  const name = functionName(table);
  return `#compdef ${program}
# Completion of ${program} for zsh: save this as ${name} in a folder of $fpath.
${name}() {
  local path_=${program} word previous='' policies=''
  local -a values
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$path_ $word" in
${deeperPaths(table)
  .map((path) => `      '${path}') path_='${path}' ;;`)
  .join('\n')}
    esac
    previous=$word
  done
  case "$path_ $previous" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "$path_" in
${commands.map(wordCase).join('\n')}
  esac
  _describe -t commands '${program}' values
  if [[ -n $policies && $words[CURRENT] != -* ]]; then
    compadd -- \${(f)"$(${program} policies --quiet 2>/dev/null)"}
    _files
  fi
}
if [[ $funcstack[1] == ${name} ]]; then ${name} "$@"; else compdef ${name} ${program}; fi
`;
}

function valueCases({ path, options }: CompletedCommand): readonly string[] {
  return options.flatMap(({ names, choices, takesValue }) => {
    if (!takesValue) return [];
    const pattern = names.map((name) => `'${path} ${name}'`).join('|');
    return [`    ${pattern}) ${choices.length === 0 ? '_files' : `compadd -- ${choices.join(' ')}`}; return ;;`];
  });
}

function wordCase({ path, commands, options, takesPolicies }: CompletedCommand): string {
  const words = [
    ...commands.map(({ word, about }) => described(word, about)),
    ...options.flatMap(({ names, about }) => names.slice(-1).map((word) => described(word, about))),
  ];
  return `    '${path}') values=(${words.join(' ')})${takesPolicies ? ' policies=1' : ''} ;;`;
}

function described(word: string, about: string): string {
  return quote(`${word.replaceAll(':', '\\:')}:${about}`);
}
