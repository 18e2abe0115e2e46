import type { HttpProblem } from './problem.ts';

/** What an endpoint of a gate answers to a body. */
export interface Reply {
  readonly status: number;
  /** JSON, or nothing. */
  readonly body: string;
}

/** What a policy answers; one that carries an object over may have it as bytes. */
export interface PolicyReply {
  readonly status: number;
  readonly body: string | Uint8Array;
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
  422: 'Unprocessable Content',
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

/** A whole response, to be sent in one write. */
export function responseOf({ status, body }: PolicyReply, { date, close, headOnly }: ResponseOptions): string | Buffer {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const type = length > 0 ? 'content-type: application/json\r\n' : '';
  const allow = status === 405 ? 'allow: POST\r\n' : '';
  const connection = close ? 'connection: close\r\n' : '';
  const head = `HTTP/1.1 ${status} ${PHRASES[status] ?? ''}\r\n${type}date: ${date}\r\n${allow}${connection}content-length: ${length}\r\n\r\n`;
  if (headOnly) return head;
  return typeof body === 'string' ? head + body : joined(head, body);
}

/** One piece instead of two is one record of TLS and one call of the system less. */
function joined(head: string, body: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 'latin1');
  bytes.set(body, head.length);
  return bytes;
}

export function replyOf({ status, message, style }: HttpProblem): Reply {
  if (style === 'empty') return { status, body: '' };
  return { status, body: JSON.stringify(style === 'policy' ? { message, status } : { message }) };
}
