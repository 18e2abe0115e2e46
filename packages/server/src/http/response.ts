import type { HttpProblem } from './problem.ts';

/** What an endpoint answers to a body. */
export interface Reply {
  readonly status: number;
  readonly body: string;
}

export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/** Phrases are for people who read along; a status without one here gets none (RFC 9112 §4). */
const PHRASES: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'HTTP Version Not Supported',
};

export interface ResponseOptions {
  /** The value of the Date field, which RFC 9110 §6.6.1 wants of every server with a clock. */
  readonly date: string;
  /** Whether this is the last answer on the connection. */
  readonly close: boolean;
  /** Whether the request was HEAD, whose answers have no body. */
  readonly headOnly: boolean;
}

/** A whole response as text, to be sent in one write; its body is JSON. */
export function responseText({ status, body }: Reply, { date, close, headOnly }: ResponseOptions): string {
  const allow = status === 405 ? 'allow: POST\r\n' : '';
  const connection = close ? 'connection: close\r\n' : '';
  return `HTTP/1.1 ${status} ${PHRASES[status] ?? ''}\r\ncontent-type: application/json\r\ndate: ${date}\r\n${allow}${connection}content-length: ${Buffer.byteLength(body)}\r\n\r\n${headOnly ? '' : body}`;
}

export function replyOf({ status, message }: HttpProblem): Reply {
  return { status, body: JSON.stringify({ message }) };
}
