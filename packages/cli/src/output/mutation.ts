import { applyPatch, parseLossless, type JsonValue, type PolicyResponse } from '@ostiary/policy';
import { memberAt } from '../request/value.ts';
import type { Subject } from '../request/subject.ts';
import { unifiedDiff } from './diff.ts';
import type { Style } from './style.ts';
import { toYaml } from './yaml.ts';

/** An object before and after a policy changed it. */
export interface Mutation {
  readonly before: JsonValue;
  readonly after: JsonValue;
}

/** What a response changes of a subject; undefined when it changes nothing. */
export function mutationOf(subject: Subject, { patch }: Pick<PolicyResponse, 'patch'>): Mutation | undefined {
  if (patch === undefined) return undefined;
  const before = subject.kind === 'raw' ? subject.value : (memberAt(subject.value, 'object') ?? null);
  const operations = parseLossless(Buffer.from(patch, 'base64'));
  return { before, after: applyPatch(copyOf(before), operations) };
}

/** Patching changes its document. */
function copyOf(value: JsonValue): JsonValue {
  return parseLossless(new TextEncoder().encode(JSON.stringify(value)));
}

/** The change as a diff of YAML. */
export async function mutationText({ before, after }: Mutation, style: Style): Promise<string> {
  return unifiedDiff((await toYaml(before)).trimEnd(), (await toYaml(after)).trimEnd(), style);
}
