import { entries, list, text, texts } from './json.ts';
import { forbidden, invalid, missing, notSupported, type Problem } from './problem.ts';

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;

/** Checks a label selector, and that there is something that it can match. */
export function checkSelector(spec: unknown, name: 'objectSelector' | 'namespaceSelector'): readonly Problem[] {
  const path = `spec.${name}`;
  const expressions = list(spec, name, 'matchExpressions');
  const shape = expressions.flatMap((expression, index) =>
    checkExpression(expression, `${path}.matchExpressions[${index}]`),
  );
  if (shape.length > 0) return shape;
  const keys = new Set([
    ...expressions.map((expression) => text(expression, 'key')),
    ...entries(spec, name, 'matchLabels').map(([key]) => key),
  ]);
  return [...keys].flatMap((key) =>
    isSatisfiable(key, entries(spec, name, 'matchLabels'), expressions)
      ? []
      : [invalid(path, key, 'the requirements on this label contradict each other, so that nothing matches')],
  );
}

function checkExpression(expression: unknown, path: string): readonly Problem[] {
  const operator = text(expression, 'operator');
  const values = texts(expression, 'values');
  const key = text(expression, 'key') === '' ? [missing(`${path}.key`, '')] : [];
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
        ? key
        : [...key, missing(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? key
        : [...key, forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    default:
      return [...key, notSupported(`${path}.operator`, operator, OPERATORS)];
  }
}

/** Whether some value of the label, or its absence, meets all requirements on it. */
function isSatisfiable(
  key: string,
  labels: readonly (readonly [string, unknown])[],
  expressions: readonly unknown[],
): boolean {
  const own = expressions.filter((expression) => text(expression, 'key') === key);
  const of = (operator: string) => own.filter((expression) => text(expression, 'operator') === operator);
  const allowed = [
    ...labels.filter(([name]) => name === key).map(([, value]) => [text(value)]),
    ...of('In').map((expression) => texts(expression, 'values')),
  ];
  const denied = new Set(of('NotIn').flatMap((expression) => texts(expression, 'values')));
  if (of('DoesNotExist').length > 0) return allowed.length === 0 && of('Exists').length === 0;
  const [first, ...rest] = allowed;
  return (
    first === undefined || first.some((value) => !denied.has(value) && rest.every((values) => values.includes(value)))
  );
}
