import { deeperPaths, type CompletedCommand, type CompletionTable } from './completion-table.ts';

export function elvishScript(table: CompletionTable): string {
  const { program, commands } = table;
  return `# Completion of ${program} for elvish: eval this in rc.elv.
use str
set edit:completion:arg-completer[${program}] = {|@words|
  var deeper = [${deeperPaths(table).map(elvishQuote).join(' ')}]
  var path = ${program}
  for word $words[1..-1] {
    if (has-value $deeper $path' '$word) { set path = $path' '$word }
  }
  var previous = $path' '$words[-2]
  var values = [
${commands.flatMap(valueEntries).join('\n')}
    &${elvishQuote('')}=[]
  ]
  if (has-key $values $previous) { all $values[$previous]; return }
  var known = [
${commands.map(wordEntry).join('\n')}
  ]
  all $known[$path]
  if (has-value [${commands
    .filter(({ takesPolicies }) => takesPolicies)
    .map(({ path }) => elvishQuote(path))
    .join(' ')}] $path) {
    ${program} policies --quiet 2>/dev/null | from-lines
    edit:complete-filename $@words
  }
}
`;
}

function valueEntries({ path, options }: CompletedCommand): readonly string[] {
  return options.flatMap(({ names, choices }) =>
    choices.length === 0
      ? []
      : names.map((name) => `    &${elvishQuote(`${path} ${name}`)}=[${choices.map(elvishQuote).join(' ')}]`),
  );
}

function wordEntry({ path, commands, options }: CompletedCommand): string {
  const words = [...commands.map(({ word }) => word), ...options.flatMap(({ names }) => names.slice(-1))];
  return `    &${elvishQuote(path)}=[${words.map(elvishQuote).join(' ')}]`;
}

function elvishQuote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
