import { flagOf, GROUPS, settingEntries, variablesOf, type Group, type Setting, type SettingName } from './table.ts';

/** What a setting is when nobody gives it; undefined when it is then simply absent. */
export function defaultText({ kind, default: value, otherwise }: Setting<unknown>): string | undefined {
  return value === undefined ? otherwise : kind.show(value);
}

/** The settings of one heading. */
export function settingsOf(group: Group): readonly (readonly [SettingName, Setting<unknown>])[] {
  return settingEntries().filter(([, setting]) => setting.group === group);
}

const COLUMNS = ['flag', 'variables', 'default', 'meaning'] as const;

/** All settings as a document: a table under each heading. */
export function settingsDocument(format: 'markdown' | 'asciidoc', program: string): string {
  const { title, heading, table } = FORMATS[format];
  const parts = GROUPS.map((group) => heading(group) + table(settingsOf(group).map(row)));
  return [title(`Settings of ${program}`), ...parts].join('\n');
}

function row([name, setting]: readonly [SettingName, Setting<unknown>]): readonly string[] {
  const { placeholder } = setting.kind;
  const flag = `--${flagOf(name)}${placeholder === undefined ? '' : ` <${placeholder}>`}`;
  const alias = setting.alias === undefined ? [] : [`--${setting.alias}`];
  return [
    [flag, ...alias].map(code).join(', '),
    variablesOf(name, setting).map(code).join(', '),
    defaultText(setting) ?? '',
    setting.about,
  ];
}

function code(text: string): string {
  return `\`${text}\``;
}

interface Format {
  readonly title: (text: string) => string;
  readonly heading: (text: string) => string;
  readonly table: (rows: readonly (readonly string[])[]) => string;
}

const FORMATS: Readonly<Record<'markdown' | 'asciidoc', Format>> = {
  markdown: {
    title: (text) => `# ${text}\n`,
    heading: (text) => `## ${text}\n\n`,
    table: (rows) =>
      [COLUMNS, COLUMNS.map(() => '---'), ...rows].map((cells) => `| ${cells.map(escapeBar).join(' | ')} |\n`).join(''),
  },
  asciidoc: {
    title: (text) => `= ${text}\n`,
    heading: (text) => `== ${text}\n\n`,
    table: (rows) =>
      `[cols="2,2,1,3",options="header"]\n|===\n${[COLUMNS, ...rows].map((cells) => `${cells.map((cell) => `|${escapeBar(cell)}`).join('\n')}\n`).join('\n')}|===\n`,
  },
};

function escapeBar(text: string): string {
  return text.replaceAll('|', '\\|');
}
