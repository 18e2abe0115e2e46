import { yamlFile, type GeneratedFile } from './document.ts';
import type { Target } from './options.ts';

export const AUTHENTICATION_KUBECONFIG = 'authentication-webhook.kubeconfig';
export const AUTHORIZATION_KUBECONFIG = 'authorization-webhook.kubeconfig';
export const ADMISSION_KUBECONFIG = 'admission-webhook.kubeconfig';

/** The kubeconfig by which an API server calls one endpoint of the gates. */
export function webhookKubeconfig(path: string, endpoint: '/authn' | '/authz', target: Target): GeneratedFile {
  const { name } = target;
  return yamlFile(path, `How the API server calls ${endpoint}.`, {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: { server: target.baseUrl + endpoint, 'certificate-authority-data': base64(target.caBundlePem) },
      },
    ],
    users: [{ name: 'kube-apiserver', user: clientUser(target) }],
    contexts: [{ name, context: { cluster: name, user: 'kube-apiserver' } }],
    'current-context': name,
  });
}

/**
 * The client certificate for admission webhooks. Their URL and authorities stand in the webhook configurations, and
 * the API server finds the user by host and port. Undefined when there is no client certificate.
 */
export function admissionKubeconfig(target: Target): GeneratedFile | undefined {
  if (target.client === undefined) return undefined;
  return yamlFile(ADMISSION_KUBECONFIG, 'The client certificate for the admission webhooks, by their host and port.', {
    apiVersion: 'v1',
    kind: 'Config',
    users: [{ name: target.hostPort, user: clientUser(target) }],
  });
}

function clientUser({ client }: Target): Readonly<Record<string, string>> {
  return client === undefined ? {} : { 'client-certificate': client.certificateFile, 'client-key': client.keyFile };
}

export function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
