import { SelectorError } from '../errors.ts';
import { isRecord } from '../record.ts';
import { matchesRequirements, parseLabelSelector } from '../selector.ts';
import { FakeStatus } from './status.ts';
import type { FakeObject } from './store.ts';

/** Reads the label and field selectors of a query. Any field can be selected by, with `=`, `==` and `!=`. */
export function selectorOf(query: URLSearchParams): (object: FakeObject) => boolean {
  const labels = requirementsOf(query.get('labelSelector') ?? '');
  const fields = (query.get('fieldSelector') ?? '').split(',').filter((part) => part !== '');
  const parsed = fields.map((field) => {
    const [, path = '', operator = '', value = ''] = /^([^=!]+)(==|!=|=)(.*)$/.exec(field) ?? [];
    if (path === '') throw new FakeStatus(400, 'BadRequest', `unreadable field selector ${field}`);
    return { path: path.split('.'), negated: operator === '!=', value };
  });
  return (object) =>
    matchesRequirements(labels, object.metadata.labels) &&
    parsed.every(({ path, negated, value }) => (textAtPath(object, path) === value) !== negated);
}

function requirementsOf(text: string): ReturnType<typeof parseLabelSelector> {
  try {
    return parseLabelSelector(text);
  } catch (error) {
    throw error instanceof SelectorError ? new FakeStatus(400, 'BadRequest', error.message) : error;
  }
}

function textAtPath(object: FakeObject, path: readonly string[]): string {
  const value = path.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), object);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
