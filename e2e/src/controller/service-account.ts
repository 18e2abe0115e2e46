import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../cluster.ts';
import { ROOT } from '../ostiary.ts';

/** Whose credentials, and where they go. */
export interface AccountOptions {
  readonly namespace: string;
  readonly account: string;
  readonly dir: string;
}

/** A kubeconfig with a token of a service account: what it may do is a part of what is tested. */
export async function writeKubeconfig(cluster: Cluster, { namespace, account, dir }: AccountOptions): Promise<string> {
  const { status, body } = await cluster.request({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
  });
  if (status !== 201) throw new Error(`no token for ${account}: ${body}`);
  const { token } = (JSON.parse(body) as { status: { token: string } }).status;
  const certificate = Buffer.from(cluster.credentials.authority.certificatePem).toString('base64');
  const path = join(dir, `${account}.kubeconfig`);
  const text = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'pod',
    clusters: [{ name: 'c', cluster: { server: cluster.apiServerUrl, 'certificate-authority-data': certificate } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'pod', context: { cluster: 'c', user: 'u' } }],
  });
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

const RBAC = join(ROOT, 'charts', 'ostiary', 'templates', 'controller-rbac.yaml');

/** The controller's account and its rights, as the chart gives them; its few placeholders are filled in here. */
export async function controllerAccess(account: string, namespace: string): Promise<string> {
  const template = await readFile(RBAC, 'utf8');
  return template
    .replaceAll('{{ include "ostiary.fullname" . }}', account)
    .replaceAll('{{ .Release.Namespace }}', namespace)
    .split('\n')
    .filter((line) => !line.includes('{{'))
    .join('\n');
}
