import { compile, formatType, MATCH_CONDITIONS } from '@ostiary/cel';
import { MAX_MATCH_CONDITIONS } from '../api/policy.ts';
import { list, text } from './json.ts';
import { duplicate, invalid, missing, tooMany, type Problem } from './problem.ts';

/** `name` or `prefix/name`, as keys of labels are written. */
const QUALIFIED_NAME =
  /^(?:(?=.{1,253}\/)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/**
 * UTF-16 units of all expressions of a policy. Compiling takes up to 5 µs per unit, so a write takes a second at most,
 * of the ten that the API server waits. Expressions that people write have a few hundred.
 */
const MAX_EXPRESSIONS = 200_000;

/** Checks `spec.matchConditions` (contract: controller §2.2, 3). */
export function checkMatchConditions(spec: unknown): readonly Problem[] {
  const path = 'spec.matchConditions';
  const conditions = list(spec, 'matchConditions');
  if (conditions.length > MAX_MATCH_CONDITIONS) return [tooMany(path, conditions.length, MAX_MATCH_CONDITIONS)];
  const length = conditions.reduce<number>((sum, condition) => sum + text(condition, 'expression').length, 0);
  if (length > MAX_EXPRESSIONS) {
    return [invalid(path, length, `the expressions must have at most ${MAX_EXPRESSIONS} characters together`)];
  }
  const seen = new Set<string>();
  return conditions.flatMap((condition, index) => {
    const name = text(condition, 'name');
    const at = `${path}[${index}]`;
    const problems = [...checkExpression(text(condition, 'expression'), `${at}.expression`), ...checkName(name, at)];
    const repeats = name !== '' && seen.has(name);
    seen.add(name);
    return repeats ? [...problems, duplicate(`${at}.name`, name)] : problems;
  });
}

function checkName(name: string, at: string): readonly Problem[] {
  if (name === '') return [missing(`${at}.name`, '')];
  return QUALIFIED_NAME.test(name) ? [] : [invalid(at, name, 'must be a qualified name, such as example.com/name')];
}

function checkExpression(expression: string, field: string): readonly Problem[] {
  if (expression.trim() === '') return [missing(field, '')];
  const compiled = compile(expression, MATCH_CONDITIONS);
  if (!compiled.ok) {
    const detail = compiled.errors.map(({ line, column, message }) => `${line}:${column}: ${message}`).join('; ');
    return [invalid(field, expression, `compilation failed: ${detail}`)];
  }
  return compiled.type.kind === 'bool'
    ? []
    : [invalid(field, expression, `must evaluate to bool, not ${formatType(compiled.type)}`)];
}
