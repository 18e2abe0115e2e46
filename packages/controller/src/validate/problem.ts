/** What is wrong with a field, in the words of the API server's own validation. */
export type ProblemType = 'Required' | 'Invalid' | 'Forbidden' | 'TooMany' | 'Duplicate' | 'NotSupported';

/** One thing that is wrong with an object. `field` is a path such as `spec.rules[0].operations[1]`. */
export interface Problem {
  readonly type: ProblemType;
  readonly field: string;
  readonly detail: string;
  /** What stands there now; left out where there is nothing, or where it would say nothing. */
  readonly value?: unknown;
}

export function missing(field: string, detail: string): Problem {
  return { type: 'Required', field, detail };
}

export function invalid(field: string, value: unknown, detail: string): Problem {
  return { type: 'Invalid', field, value, detail };
}

export function forbidden(field: string, detail: string): Problem {
  return { type: 'Forbidden', field, detail };
}

export function tooMany(field: string, count: number, most: number): Problem {
  return { type: 'TooMany', field, value: count, detail: `must have at most ${most} items` };
}

export function duplicate(field: string, value: string): Problem {
  return { type: 'Duplicate', field, value, detail: '' };
}

export function notSupported(field: string, value: string, allowed: readonly string[]): Problem {
  const detail = `supported values: ${allowed.map((word) => JSON.stringify(word)).join(', ')}`;
  return { type: 'NotSupported', field, value, detail };
}

const TITLES: Readonly<Record<ProblemType, string>> = {
  Required: 'Required value',
  Invalid: 'Invalid value',
  Forbidden: 'Forbidden',
  TooMany: 'Too many',
  Duplicate: 'Duplicate value',
  NotSupported: 'Unsupported value',
};

/** Characters of a value that are repeated in a message. */
const MAX_SHOWN = 256;

function body({ type, value, detail }: Problem): string {
  const text = value === undefined ? undefined : (JSON.stringify(value) ?? 'null');
  const shown = text !== undefined && text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
  return [TITLES[type], ...(shown === undefined ? [] : [shown]), ...(detail === '' ? [] : [detail])].join(': ');
}

/** A problem as one line, as the API server writes it. */
export function formatProblem(problem: Problem): string {
  return `${problem.field}: ${body(problem)}`;
}

/** metav1.Status of a refused object. */
export interface InvalidStatus {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: 'Failure';
  readonly message: string;
  readonly reason: 'Invalid';
  readonly details: {
    readonly name: string;
    readonly group: string;
    readonly kind: string;
    readonly causes: readonly { readonly reason: string; readonly message: string; readonly field: string }[];
  };
  readonly code: 422;
}

/** Problems that an answer names; an object with more has them of the same kind, and answers travel to terminals. */
const MAX_NAMED = 100;

/** The answer to an object with problems, all of them named, as the API server's own validation answers. */
export function invalidStatus(group: string, kind: string, name: string, problems: readonly Problem[]): InvalidStatus {
  const named = problems.slice(0, MAX_NAMED);
  const more = problems.length > named.length ? [`and ${problems.length - named.length} more`] : [];
  const lines = [...named.map(formatProblem), ...more];
  const listed = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  const causes = named.map((problem) => ({
    reason: `FieldValue${problem.type}`,
    message: body(problem),
    field: problem.field,
  }));
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `${kind}.${group} ${JSON.stringify(name)} is invalid: ${listed}`,
    reason: 'Invalid',
    details: { name, group, kind, causes },
    code: 422,
  };
}
