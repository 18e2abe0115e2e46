import type { PolicyResponse } from './response.ts';

/** What the configuration makes of a policy's verdict. */
export interface Constraints {
  readonly id: string;
  readonly mode: 'protect' | 'monitor';
  readonly allowedToMutate: boolean;
  /** In place of the policy's own message. */
  readonly message: string | undefined;
}

/** The answer to a request of `validate` or `validate_raw`; an audit gets the verdict as it is (contract: policy-server §5.2). */
export function constrain(verdict: PolicyResponse, constraints: Constraints): PolicyResponse {
  if (constraints.mode === 'monitor') return { ...verdict, allowed: true, patch: undefined, status: undefined };
  const bounded =
    verdict.patch === undefined || constraints.allowedToMutate ? verdict : forbidden(verdict, constraints);
  return bounded.allowed || constraints.message === undefined ? bounded : reworded(bounded, constraints.message);
}

function forbidden(verdict: PolicyResponse, { id }: Constraints): PolicyResponse {
  const message = `Request rejected by policy ${id}. The policy attempted to mutate the request, but it is currently configured to not allow mutations.`;
  return { ...verdict, allowed: false, patch: undefined, status: { message } };
}

/** The original message stays as a cause. */
function reworded(verdict: PolicyResponse, message: string): PolicyResponse {
  const { status } = verdict;
  const cause = { reason: null, message: status?.message ?? '', field: null };
  const details = { ...status?.details, causes: [...(status?.details?.causes ?? []), cause] };
  return { ...verdict, status: { ...status, message, details } };
}
