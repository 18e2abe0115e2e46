import { Json } from '@ostiary/sdk/assembly';

export const MANDATORY: string = 'mandatory_annotations';
export const DENIED: string = 'denied_annotations';

/** What is wrong with the settings; "" when nothing is. Null stands for no settings at all. */
export function settingsProblem(settings: Json): string {
  if (settings.isNull) return '';
  if (!settings.isObject) return 'settings must be an object';
  const keys = settings.keys;
  for (let i = 0; i < keys.length; i++) {
    const problem = memberProblem(keys[i], settings.get(keys[i]));
    if (problem.length > 0) return problem;
  }
  return contradiction(settings);
}

function memberProblem(key: string, value: Json): string {
  if (key == 'constrained_annotations') return 'constrained_annotations is not supported by this policy';
  if (key != MANDATORY && key != DENIED) return `unknown setting ${key}: known are ${MANDATORY}, ${DENIED}`;
  if (!value.isArray || value.strings().length != value.size) return `${key} must be a list of strings`;
  return '';
}

/** No object could ever satisfy a list that demands what the other one forbids. */
function contradiction(settings: Json): string {
  const mandatory = settings.get(MANDATORY).strings();
  const denied = settings.get(DENIED).strings();
  const both: string[] = [];
  for (let i = 0; i < mandatory.length; i++) if (denied.includes(mandatory[i])) both.push(mandatory[i]);
  return both.length > 0 ? `annotations cannot be mandatory and denied at the same time: ${both.join(',')}` : '';
}
