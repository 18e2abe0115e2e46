import { allCommands, type CommandModel, type OptionModel } from './model.ts';

/** How headings, code and tables are written. */
interface Format {
  heading(level: number, text: string): string;
  code(text: string): string;
  block(text: string): string;
  table(headings: readonly string[], rows: readonly (readonly string[])[]): string;
}

const MARKDOWN: Format = {
  heading: (level, text) => `${'#'.repeat(level)} ${text}\n\n`,
  code: (text) => `\`${text}\``,
  block: (text) => `\`\`\`text\n${text}\n\`\`\`\n\n`,
  table(headings, rows) {
    const line = (cells: readonly string[]): string =>
      `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
    return `${line(headings)}${line(headings.map(() => '---'))}${rows.map(line).join('')}\n`;
  },
};

const ASCIIDOC: Format = {
  heading: (level, text) => `${'='.repeat(level)} ${text}\n\n`,
  code: (text) => `\`+${text}+\``,
  block: (text) => `----\n${text}\n----\n\n`,
  table(headings, rows) {
    const line = (cells: readonly string[]): string =>
      `${cells.map((cell) => `|${cell.replaceAll('|', '\\|')}`).join(' ')}\n`;
    return `[options="header"]\n|===\n${line(headings)}\n${rows.map(line).join('')}|===\n\n`;
  },
};

/** The reference of a program and all its commands as one document. */
export function referenceDocument(model: CommandModel, format: 'markdown' | 'asciidoc'): string {
  const write = format === 'markdown' ? MARKDOWN : ASCIIDOC;
  const text = allCommands(model).map((command) => section(command, command === model ? 1 : 2, write));
  return `${text.join('').trimEnd()}\n`;
}

function section(command: CommandModel, level: number, write: Format): string {
  const { path, about, usage, commands, options } = command;
  const parts = [write.heading(level, write.code(path)), `${sentence(about)}\n\n`, write.block(usage)];
  if (command.arguments.length > 0) {
    parts.push(
      write.table(
        ['argument', 'meaning'],
        command.arguments.map(({ name, about: text }) => [write.code(name), text]),
      ),
    );
  }
  if (commands.length > 0) {
    parts.push(
      write.table(
        ['command', 'does'],
        commands.map((child) => [write.code(child.path), child.about]),
      ),
    );
  }
  for (const [group, members] of Map.groupBy(options, (option) => option.group)) {
    if (group !== 'Options') parts.push(`${group}:\n\n`);
    parts.push(
      write.table(
        ['option', 'meaning'],
        members.map((option) => optionRow(option, write)),
      ),
    );
  }
  return parts.join('');
}

function optionRow({ flags, about }: OptionModel, write: Format): readonly string[] {
  return [write.code(flags), about];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
