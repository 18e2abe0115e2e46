import { Agent, request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { PolicyServer } from './server.ts';

/** What a server of policies answers. */
export interface Answer {
  readonly status: number;
  readonly allowed: boolean | undefined;
  readonly message: string | undefined;
  /** Of the certificate that it was answered with. */
  readonly certificate: string;
  readonly ms: number;
}

/** Asks a server as the API server does: over connections that stay. */
export interface Client {
  readonly ask: (path: string, body?: object) => Promise<Answer>;
  readonly close: () => void;
}

export function connect({ url, caPem }: Pick<PolicyServer, 'url' | 'caPem'>): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 8, ca: caPem });
  const ask: Client['ask'] = (path, body = reviewOf('default')) =>
    new Promise((resolve, reject) => {
      const started = performance.now();
      const headers = { 'content-type': 'application/json' };
      const sent = request(`${url}${path}`, { method: 'POST', agent, headers }, (response) => {
        const { subject } = (response.socket as TLSSocket).getPeerCertificate();
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const answer = JSON.parse(Buffer.concat(chunks).toString()) as {
            response?: { allowed: boolean; status?: { message: string } };
          };
          resolve({
            status: response.statusCode ?? 0,
            allowed: answer.response?.allowed,
            message: answer.response?.status?.message,
            certificate: String(subject?.CN ?? ''),
            ms: performance.now() - started,
          });
        });
      });
      sent.once('error', reject);
      sent.end(JSON.stringify(body));
    });
  return { ask, close: () => agent.destroy() };
}

/** A review of a ConfigMap. */
export function reviewOf(namespace: string): object {
  const kind = { group: '', version: 'v1', kind: 'ConfigMap' };
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      kind,
      requestKind: kind,
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      name: 'a',
      namespace,
      operation: 'CREATE',
      userInfo: { username: 'admin' },
      object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace } },
    },
  };
}
