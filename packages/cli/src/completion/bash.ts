import { deeperPaths, functionName, type CompletedCommand, type CompletionTable } from './completion-table.ts';

/** For bash 3.2 and newer. */
export function bashScript(table: CompletionTable): string {
  const { program, commands } = table;
  const name = functionName(table);
  const values = commands.flatMap(valueCases);
  return `# Completion of ${program} for bash: source this, or save it among bash's completions.
${name}() {
  # The line itself, as bash takes URIs apart at their colons.
  local line=\${COMP_LINE:0:COMP_POINT} words=() word path=${program} previous='' current='' values='' policies=''
  current=\${line##* }
  read -r -a words <<<"\${line%"$current"}"
  for word in "\${words[@]:1}"; do
    case "$path $word" in
${deeperPaths(table)
  .map((path) => `      '${path}') path='${path}' ;;`)
  .join('\n')}
    esac
    previous=$word
  done
  case "$path $previous" in
${values.join('\n')}
  esac
  case "$path" in
${commands.map(wordCase).join('\n')}
  esac
  if [[ $policies && $current != -* ]]; then values+=" $(${program} policies --quiet 2>/dev/null)"; fi
  COMPREPLY=($(compgen -W "$values" -- "$current"))
  if [[ $policies ]]; then COMPREPLY+=($(compgen -f -- "$current")); fi
  if [[ $current == *:* ]]; then COMPREPLY=("\${COMPREPLY[@]#"\${current%"\${current##*:}"}"}"); fi
}
complete -o bashdefault -o default -F ${name} ${program}
`;
}

function valueCases({ path, options }: CompletedCommand): readonly string[] {
  return options.flatMap(({ names, choices, takesValue }) => {
    if (!takesValue) return [];
    const pattern = names.map((name) => `'${path} ${name}'`).join('|');
    const reply = choices.length === 0 ? `compgen -f -- "$current"` : `compgen -W '${choices.join(' ')}' -- "$current"`;
    return [`    ${pattern}) COMPREPLY=($(${reply})); return ;;`];
  });
}

function wordCase({ path, commands, options, takesPolicies }: CompletedCommand): string {
  const words = [...commands.map(({ word }) => word), ...options.flatMap(({ names }) => names.slice(-1))];
  return `    '${path}') values='${words.join(' ')}'${takesPolicies ? ' policies=1' : ''} ;;`;
}
