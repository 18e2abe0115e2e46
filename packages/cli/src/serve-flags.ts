import { InvalidArgumentError, Option, type Command } from 'commander';
import { readFile } from 'node:fs/promises';
import {
  defaultText,
  flagOf,
  GROUPS,
  parseFlag,
  resolveSettings,
  settingEntries,
  SettingsError,
  settingsOf,
  type ServerSettings,
  type Setting,
  type SettingName,
} from '@ostiary/server';

/** Values as commander delivers them: the texts of the flags that were given. */
export type ServeFlags = Readonly<Record<string, string | undefined>>;

/** Adds a flag for every setting of the server, under the headings of the table. */
export function addServeFlags(command: Command): Command {
  for (const group of GROUPS) {
    command.optionsGroup(`${group}:`);
    for (const [name, setting] of settingsOf(group)) addFlag(command, name, setting);
  }
  return command
    .optionsGroup('Configuration:')
    .addOption(new Option('--config <file>', 'settings, YAML or JSON; flags and variables are stronger'))
    .addOption(new Option('--config-schema', 'print the JSON Schema of that file'));
}

function addFlag(command: Command, name: SettingName, setting: Setting<unknown>): void {
  const value = setting.kind.placeholder === undefined ? '[bool]' : `<${setting.kind.placeholder}>`;
  const shown = defaultText(setting);
  const about = shown === undefined || shown === 'false' ? setting.about : `${setting.about} (default: ${shown})`;
  const check = (text: string): string => checked(name, setting, text);
  command.addOption(new Option(`--${flagOf(name)} ${value}`, about).argParser(check));
  if (setting.alias !== undefined) {
    command.addOption(new Option(`--${setting.alias} ${value}`).argParser(check).hideHelp());
  }
}

function checked(name: SettingName, setting: Setting<unknown>, text: string): string {
  try {
    parseFlag(name, setting, text);
    return text;
  } catch {
    throw new InvalidArgumentError(`expected ${setting.kind.expected}.`);
  }
}

/**
 * Spells switches out: `--daemon` becomes `--daemon=true`, so that a switch never takes the word after it for its value.
 */
export function spellOut(args: readonly string[]): readonly string[] {
  return args.map((arg) => (SWITCHES.has(arg) ? `${arg}=true` : arg));
}

const SWITCHES: ReadonlySet<string> = new Set(
  settingEntries()
    .filter(([, { kind }]) => kind.placeholder === undefined)
    .map(([name]) => `--${flagOf(name)}`),
);

/**
 * The settings that flags, variables, the file of `--config` and a program's defaults come to. What is wrong with a
 * variable ends the command as wrong usage.
 *
 * @throws ConfigError for the file
 */
export async function settingsFrom(
  flags: ServeFlags,
  command: Command,
  defaults: Partial<ServerSettings>,
): Promise<ServerSettings> {
  const path = flags['config'] ?? process.env['OSTIARY_CONFIG'];
  const file = path === undefined || path === '' ? undefined : { path, bytes: await readFile(path) };
  try {
    return resolveSettings({ flags: withAliases(flags), env: process.env, file, defaults });
  } catch (error) {
    if (error instanceof SettingsError) command.error(`error: ${error.message}`);
    throw error;
  }
}

function withAliases(flags: ServeFlags): ServeFlags {
  const aliased = settingEntries().flatMap(([name, { alias }]) => {
    const value = alias === undefined ? undefined : flags[attributeOf(alias)];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(aliased), ...flags };
}

/** How commander calls the value of a flag. */
function attributeOf(flag: string): string {
  return flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
