import { deeperPaths, type CompletedCommand, type CompletionTable } from './completion-table.ts';

export function powershellScript(table: CompletionTable): string {
  const { program, commands } = table;
  return `# Completion of ${program} for PowerShell: run this in your profile.
Register-ArgumentCompleter -Native -CommandName ${program} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $deeper = @(${deeperPaths(table).map(psQuote).join(', ')})
  $path = '${program}'
  $previous = ''
  foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {
    if ($element.Extent.EndOffset -ge $cursorPosition) { break }
    $previous = $element.Extent.Text
    if ($deeper -contains "$path $previous") { $path = "$path $previous" }
  }
  $words = switch ("$path $previous") {
${commands.flatMap(valueCases).join('\n')}
    default {
      switch ($path) {
${commands.map((command) => wordCase(command, program)).join('\n')}
      }
    }
  }
  $words | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}

function valueCases({ path, options }: CompletedCommand): readonly string[] {
  return options.flatMap(({ names, choices }) =>
    choices.length === 0
      ? []
      : names.map((name) => `    ${psQuote(`${path} ${name}`)} { ${choices.map(psQuote).join(', ')} }`),
  );
}

function wordCase({ path, commands, options, takesPolicies }: CompletedCommand, program: string): string {
  const words = [...commands.map(({ word }) => word), ...options.flatMap(({ names }) => names.slice(-1))];
  const stored = takesPolicies ? `; ${program} policies --quiet 2>$null` : '';
  return `        ${psQuote(path)} { ${words.map(psQuote).join(', ')}${stored} }`;
}

function psQuote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
