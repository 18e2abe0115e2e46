import { compile, formatType, groupEnvironment, RESERVED_WORDS } from '@ostiary/cel';
import { DEFAULT_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS } from '../api/policy.ts';
import { entries, integer, text } from './json.ts';
import { invalid, missing, type Problem } from './problem.ts';

const MEMBER_NAME = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const KEYWORDS: ReadonlySet<string> = new Set(['true', 'false', 'null', 'in', ...RESERVED_WORDS]);

/** Checks what only groups have (contract: controller §2.3). */
export function checkGroup(spec: unknown): readonly Problem[] {
  const members = entries(spec, 'policies');
  const names = members.map(([name]) => name);
  const none = names.length === 0 ? [missing('spec.policies', 'a group must have at least one policy')] : [];
  const wrongNames = names
    .filter((name) => !isMemberName(name))
    .map((name) => invalid('spec.policies', name, 'the name of a member must be an identifier, and no reserved word'));
  const message =
    text(spec, 'message') === '' ? [missing('spec.message', 'a group must say what a rejection says')] : [];
  return [...none, ...wrongNames, ...checkExpression(spec, names), ...message, ...checkTimeouts(spec, members)];
}

function isMemberName(name: string): boolean {
  return MEMBER_NAME.test(name) && !KEYWORDS.has(name);
}

function checkExpression(spec: unknown, names: readonly string[]): readonly Problem[] {
  const field = 'spec.expression';
  const expression = text(spec, 'expression');
  if (expression.trim() === '') return [missing(field, 'a group must have an expression')];
  const compiled = compile(expression, groupEnvironment(names.filter(isMemberName)));
  if (!compiled.ok) {
    const detail = compiled.errors.map(({ line, column, message }) => `${line}:${column}: ${message}`).join('; ');
    return [invalid(field, expression, `compilation failed: ${detail}`)];
  }
  return compiled.type.kind === 'bool'
    ? []
    : [invalid(field, expression, `must evaluate to bool, not ${formatType(compiled.type)}`)];
}

function checkTimeouts(spec: unknown, members: readonly (readonly [string, unknown])[]): readonly Problem[] {
  const timeout = integer(spec, 'timeoutSeconds') ?? DEFAULT_TIMEOUT_SECONDS;
  let sum = 0;
  const problems = members.flatMap(([name, member]) => {
    const own = integer(member, 'timeoutEvalSeconds');
    sum += own ?? 0;
    const field = `spec.policies[${name}].timeoutEvalSeconds`;
    if (own === undefined || own <= Math.min(timeout, MAX_TIMEOUT_SECONDS)) return [];
    return [invalid(field, own, `must not be greater than timeoutSeconds, ${Math.min(timeout, MAX_TIMEOUT_SECONDS)}`)];
  });
  const most = Math.min(timeout, MAX_TIMEOUT_SECONDS);
  return sum <= most
    ? problems
    : [
        ...problems,
        invalid(
          'spec.policies',
          sum,
          `the seconds of all members must not add up to more than timeoutSeconds, ${most}`,
        ),
      ];
}
