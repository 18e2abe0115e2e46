import { matchesAny, type Rule } from '@ostiary/policy';
import { textAt } from '../request/value.ts';
import type { Subject } from '../request/subject.ts';

/** Whether an API server would ask a policy with these rules about a request; requests that are raw always count. */
export function isMeantFor(rules: readonly Rule[], { kind, value }: Subject): boolean {
  if (kind !== 'admission') return true;
  return matchesAny(rules, {
    operation: textAt(value, 'operation') ?? '',
    group: textAt(value, 'resource', 'group') ?? '',
    version: textAt(value, 'resource', 'version') ?? '',
    resource: textAt(value, 'resource', 'resource') ?? '',
    subresource: textAt(value, 'subResource') ?? '',
    namespace: textAt(value, 'namespace') ?? '',
  });
}
