import type { ServerResponse } from 'node:http';

/** Ends a response, with a length and, unless it is to HEAD, its body. */
export function answer(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: string | Uint8Array = '',
  isHead = false,
): void {
  response.writeHead(status, { 'content-length': String(Buffer.byteLength(body)), ...headers });
  if (isHead) response.end();
  else response.end(body);
}

/** Ends a response with the specification's error document. */
export function fail(response: ServerResponse, status: number, code: string, message = ''): void {
  const document = JSON.stringify({ errors: [{ code, message }] });
  answer(response, status, { 'content-type': 'application/json' }, document);
}
