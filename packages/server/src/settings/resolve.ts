import { object, optional } from '../config/decode/collections.ts';
import { INVALID, type Decoder, type JsonSchema } from '../config/decode/decoder.ts';
import { readDocument } from '../config/decode/yaml.ts';
import { ConfigError, type Problem } from '../config/problem.ts';
import { SettingsError } from './errors.ts';
import { flagOf, settingEntries, variablesOf, type ServerSettings, type Setting, type SettingName } from './table.ts';

/** Where values come from. Flags are stronger than variables, variables than the file, the file than defaults. */
export interface SettingSources {
  /** Texts as the command line has them, by setting. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The file of `--config` and its content. */
  readonly file?: { readonly path: string; readonly bytes: Uint8Array } | undefined;
  /** Defaults of the program, over those of the table. */
  readonly defaults?: Partial<ServerSettings>;
}

/**
 * Every setting from its strongest source. An empty variable counts as unset, as templates leave them behind.
 *
 * @throws SettingsError for a flag or a variable, ConfigError for the file
 */
export function resolveSettings({ flags, env, file, defaults = {} }: SettingSources): ServerSettings {
  const fromFile = file ? decodeFile(file.path, file.bytes) : {};
  const values = settingEntries().map(([name, setting]): [SettingName, unknown] => [
    name,
    fromFlag(name, setting, flags) ??
      fromVariables(name, setting, env) ??
      fromFile[name] ??
      defaults[name] ??
      setting.default,
  ]);
  // The names are all of the table, and each value is of its setting's kind.
  return Object.fromEntries(values) as unknown as ServerSettings;
}

/** The value of a flag's text. @throws SettingsError */
export function parseFlag(name: SettingName, setting: Setting<unknown>, text: string): unknown {
  return parseText(setting, text, `--${flagOf(name)}`);
}

function fromFlag(name: SettingName, setting: Setting<unknown>, flags: SettingSources['flags']): unknown {
  const text = flags[name];
  return text === undefined ? undefined : parseFlag(name, setting, text);
}

function fromVariables(name: SettingName, setting: Setting<unknown>, env: SettingSources['env']): unknown {
  const variable = variablesOf(name, setting).find((candidate) => (env[candidate] ?? '') !== '');
  return variable === undefined ? undefined : parseText(setting, env[variable] ?? '', `the variable ${variable}`);
}

const MAX_SHOWN_CHARACTERS = 60;

function parseText({ kind }: Setting<unknown>, text: string, where: string): unknown {
  const value = text === '' ? undefined : kind.parse(text);
  if (value !== undefined) return value;
  throw new SettingsError(
    `${where}: expected ${kind.expected}, found ${JSON.stringify(text.slice(0, MAX_SHOWN_CHARACTERS))}`,
  );
}

type FileValues = Readonly<Partial<Record<SettingName, unknown>>>;

/** The original calls some settings differently in its variables and flags; a file has one name for each. */
const fileDecoder: Decoder<FileValues> = object(
  Object.fromEntries(
    settingEntries().map(([name, { kind, about }]) => [
      name,
      optional({ schema: { ...kind.decoder.schema, description: about }, decode: kind.decoder.decode }),
    ]),
  ),
);

function decodeFile(path: string, bytes: Uint8Array): FileValues {
  const problems: Problem[] = [];
  const report = (problem: Problem): void => void problems.push(problem);
  const document = readDocument(path, bytes, { lenient: false, report });
  const context = { path: '', lenient: false, report, warn: () => undefined };
  const values = document ? fileDecoder.decode(document.root, { ...context, source: document.source }) : INVALID;
  if (values === INVALID || problems.length > 0) throw new ConfigError(problems);
  return values;
}

/** The JSON Schema of the file of `--config`, draft 2020-12. */
export function settingsSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Settings of ostiary serve',
    ...fileDecoder.schema,
  };
}
