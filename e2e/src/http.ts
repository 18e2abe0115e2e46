import { request as startRequest } from 'node:https';

/** One HTTPS request to a local server. */
export interface HttpsRequest {
  readonly url: string;
  /** The name that the server has to prove; that of the URL by default. */
  readonly servername?: string;
  /** `GET` by default. */
  readonly method?: string;
  /** PEM texts: who is trusted, and who we are. */
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds, 5000 by default. */
  readonly timeoutMs?: number;
}

/** Its answer; any status is an answer, only a missing one is an error. */
export interface HttpsResponse {
  readonly status: number;
  readonly body: string;
}

/**
 * Sends one request on a connection of its own. `fetch` has no options for a certificate authority or a client
 * certificate, hence this.
 */
export async function sendHttps(options: HttpsRequest): Promise<HttpsResponse> {
  const { url, servername, method = 'GET', ca, cert, key, headers = {}, body, timeoutMs = 5000 } = options;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const given = { method, ca, cert, key, headers, agent: false, signal, ...(servername && { servername }) };
    const request = startRequest(url, given, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    request.once('error', reject);
    request.end(body);
  });
}
