import { renderResponse, type PolicyResponse } from '@ostiary/policy';

const HEAD = '{"response":';

/** A response as one line of JSON, members and nulls in the order of kwctl (contract: authoring §1.4.10). */
export function responseJson(response: PolicyResponse): string {
  return renderResponse(response, true).slice(HEAD.length, -1);
}
