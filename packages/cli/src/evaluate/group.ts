import { judgeGroup, type Expression, type PolicyRequest } from '@ostiary/policy';
import type { Conversed } from './host.ts';
import { judgeOf, traceOf, type Evaluation, type LoadedPolicy } from './policy.ts';

/** Policies that decide together, ready to be asked. */
export interface LoadedGroup {
  readonly expression: Expression;
  readonly message: string;
  /** By name, in the order of the definition. */
  readonly members: ReadonlyMap<string, LoadedPolicy>;
}

/** The verdict of a group (contract: policy-server §10). */
export async function evaluateGroup(
  { expression, message, members }: LoadedGroup,
  request: PolicyRequest,
): Promise<Evaluation> {
  const talks: Conversed[] = [];
  const judges = new Map([...members].map(([name, member]) => [name, judgeOf(member, talks)]));
  const { response, failures } = await judgeGroup({ expression, message, members: judges }, request);
  const failed = failures.map(({ member, cause }) => `${member}: ${cause}`);
  return { response, failure: failed.length === 0 ? undefined : failed.join('\n'), ...traceOf(talks) };
}
