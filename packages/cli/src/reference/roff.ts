import type { CommandModel, OptionModel } from './model.ts';

/** The name of a command's page: `ostiary-scaffold-manifest`. */
export function pageName({ path }: CommandModel): string {
  return path.replaceAll(' ', '-');
}

/** A manual page of section 1, in the macros of man(7). */
export function manualPage(command: CommandModel, version: string): string {
  const { about, usage, options, commands, path } = command;
  const lines = [
    `.TH ${quoted(pageName(command).toUpperCase())} 1 "" ${quoted(`ostiary ${version}`)}`,
    '.SH NAME',
    escape(`${pageName(command)} - ${about}`),
    '.SH SYNOPSIS',
    `.B ${escape(path)}`,
    escape(usage.slice(path.length + 1)),
    ...section(
      'ARGUMENTS',
      command.arguments.map(({ name, about: text }) => [name, text]),
    ),
    ...[...Map.groupBy(options, ({ group }) => group)].flatMap(([group, members]) =>
      section(group.toUpperCase(), members.map(entry)),
    ),
    ...section(
      'COMMANDS',
      commands.map((child) => [pageName(child), child.about]),
    ),
    '.SH EXIT STATUS',
    escape('0 done or accepted, 1 failed, 2 wrong usage, 3 rejected by a policy.'),
  ];
  return `${lines.join('\n')}\n`;
}

function entry({ flags, about }: OptionModel): readonly [string, string] {
  return [flags, about];
}

function section(title: string, entries: readonly (readonly [string, string])[]): readonly string[] {
  if (entries.length === 0) return [];
  return [`.SH ${quoted(title)}`, ...entries.flatMap(([term, text]) => ['.TP', `.B ${escape(term)}`, escape(text)])];
}

/** Hyphens that are typed must not become dashes, and a line must not begin with a control character. */
function escape(text: string): string {
  const plain = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/\s*\n\s*/g, ' ');
  return /^[.']/.test(plain) ? `\\&${plain}` : plain;
}

function quoted(text: string): string {
  return `"${escape(text).replaceAll('"', '\\(dq')}"`;
}
