import type { Problem } from '../problem.ts';
import { INVALID, type Decoder } from './decoder.ts';
import { readDocument } from './yaml.ts';

export interface Outcome<T> {
  /** Undefined when there were problems. */
  readonly value: T | undefined;
  /** `LINE:COLUMN FIELD: MESSAGE` */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** What a decoder makes of a text, for tests. */
export function decodeText<T>(decoder: Decoder<T>, text: string | Uint8Array, lenient = false): Outcome<T> {
  const [problems, warnings]: [string[], string[]] = [[], []];
  const report = (problem: Problem): void => void problems.push(brief(problem));
  const warn = (problem: Problem): void => void warnings.push(brief(problem));
  const document = readDocument('test.yaml', typeof text === 'string' ? Buffer.from(text) : text, { lenient, report });
  if (document === undefined) return { value: undefined, problems, warnings };
  const value = decoder.decode(document.root, { source: document.source, path: '', lenient, report, warn });
  return { value: value === INVALID ? undefined : value, problems, warnings };
}

function brief({ line, column, field, message }: Problem): string {
  return `${line}:${column} ${field}: ${message}`;
}
