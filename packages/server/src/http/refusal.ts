import { MAX_BODY_BYTES } from '../limits.ts';
import type { RequestHead } from './head.ts';
import { BODY_TOO_LARGE } from './parser.ts';
import { problem, type HttpProblem } from './problem.ts';
import { endpointOf, type Endpoint } from './routes.ts';

const NO_ENDPOINT = problem(404, 'there is no such endpoint');
const POST_ONLY = problem(405, 'this endpoint takes POST only');
const JSON_ONLY = problem(415, 'expected a request with Content-Type: application/json');
const NO_CODING = problem(415, 'expected a request body without Content-Encoding');
const UNKNOWN_EXPECTATION = problem(417, 'no expectation but 100-continue can be met');

/** The endpoint that a request is for, or why it gets no decision; said before its body is read. */
export function endpointFor(head: RequestHead): Endpoint | HttpProblem {
  const endpoint = endpointOf(head.target);
  if (!endpoint) return NO_ENDPOINT;
  if (head.method !== 'POST') return POST_ONLY;
  if (!head.json) return JSON_ONLY;
  if (head.encoded) return NO_CODING;
  if (head.expectsMore) return UNKNOWN_EXPECTATION;
  return head.length !== 'chunked' && head.length > MAX_BODY_BYTES ? BODY_TOO_LARGE : endpoint;
}
