import type { JsonValue } from '@ostiary/policy';
import { parseDocuments, readText } from '../request/documents.ts';
import { isObject, nameOf } from '../request/value.ts';
import { EvaluateError } from './errors.ts';

/** Where settings are from; the file wins. */
export interface SettingsFlags {
  readonly settingsPath?: string | undefined;
  readonly settingsJson?: string | undefined;
}

/** The settings as JSON text, `{}` when there are none. Throws EvaluateError `malformed-settings` and InputError. */
export async function readSettings({ settingsPath, settingsJson }: SettingsFlags): Promise<string> {
  if (settingsPath !== undefined) return parseSettings(await readText(settingsPath), settingsPath);
  return settingsJson === undefined ? '{}' : parseSettings(settingsJson, '--settings-json');
}

async function parseSettings(text: string, source: string): Promise<string> {
  const documents = await parseDocuments(text, source);
  if (documents.length > 1) {
    throw new EvaluateError('malformed-settings', `${source}: expected one document, found ${documents.length}`);
  }
  return settingsText(documents[0]?.value, source);
}

/** Settings as JSON text; null and nothing are `{}`. Throws EvaluateError `malformed-settings`. */
export function settingsText(value: JsonValue | undefined, source: string): string {
  if (value === undefined || value === null) return '{}';
  if (isObject(value)) return JSON.stringify(value);
  throw new EvaluateError('malformed-settings', `${source}: Invalid settings, not an object but ${nameOf(value)}`);
}
