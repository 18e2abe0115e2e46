import { deeperPaths, type CompletedCommand, type CompletionTable } from './completion-table.ts';

export function fishScript(table: CompletionTable): string {
  const { program, commands } = table;
  const within = `__${program}_within`;
  return `# Completion of ${program} for fish: save this as ${program}.fish among fish's completions.
function ${within}
  set -l path ${program}
  for word in (commandline -opc)[2..]
    switch "$path $word"
      case ${deeperPaths(table).map(fishQuote).join(' ')}
        set path "$path $word"
    end
  end
  test "$path" = "$argv"
end
${commands.flatMap((command) => lines(command, program, within)).join('\n')}
`;
}

function lines(command: CompletedCommand, program: string, within: string): readonly string[] {
  const { path, commands, options, takesPolicies } = command;
  const start = `complete -c ${program} -n ${fishQuote(`${within} ${path}`)}`;
  return [
    ...commands.map(({ word, about }) => `${start} -f -a ${word} -d ${fishQuote(about)}`),
    ...options.map(({ names, about, takesValue, choices }) => {
      const spelt = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
      const value = choices.length > 0 ? ` -x -a ${fishQuote(choices.join(' '))}` : takesValue ? ' -r -F' : '';
      return `${start} ${spelt.join(' ')}${value} -d ${fishQuote(about)}`;
    }),
    ...(takesPolicies ? [`${start} -a '(${program} policies --quiet 2>/dev/null)'`] : []),
  ];
}

function fishQuote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}
