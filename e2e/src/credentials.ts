import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, issueCertificate, type Authority, type KeyedCertificate } from '@ostiary/pki';

/** Who may be whom in a test control plane: PEM texts, and the paths they are written to. */
export interface Credentials {
  /** Signs the API server and all its clients; a test may let it sign servers of its own. */
  readonly authority: Authority;
  /** A client in `system:masters`, which RBAC allows everything. */
  readonly admin: KeyedCertificate;
  readonly files: CredentialFiles;
}

/** Paths of the files the programs are started with. */
export interface CredentialFiles {
  readonly ca: string;
  readonly caKey: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly proxyClientCert: string;
  readonly proxyClientKey: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  /** Kubeconfig of {@link Credentials.admin}. */
  readonly adminKubeconfig: string;
  /** Kubeconfig without a user, for requests with a token: a client certificate would win over the token. */
  readonly anonymousKubeconfig: string;
  readonly controllerManagerKubeconfig: string;
}

const VALID_FOR_DAYS = 2;

/** Makes everything afresh and writes it into `dir`. `apiServerUrl` goes into the kubeconfig files. */
export async function writeCredentials(dir: string, apiServerUrl: string, now = new Date()): Promise<Credentials> {
  const validity = { validForDays: VALID_FOR_DAYS, now };
  const authority = createAuthority({ commonName: 'ostiary-e2e', ...validity });
  const client = (commonName: string, ...organizations: string[]) =>
    issueCertificate(authority, { commonName, organizations, usages: ['client'], ...validity });
  const server = issueCertificate(authority, {
    commonName: 'kube-apiserver',
    dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
    // The second address is the first of the service range: the ClusterIP of the Service `kubernetes`.
    ipAddresses: ['127.0.0.1', '127.96.0.1'],
    usages: ['server'],
    ...validity,
  });
  const admin = client('kubernetes-admin', 'system:masters');
  const proxyClient = client('front-proxy-client');
  const serviceAccount = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  const write = async (name: string, text: string | Buffer): Promise<string> => {
    const path = join(dir, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const kubeconfig = (user?: KeyedCertificate) => kubeconfigText(apiServerUrl, authority.certificatePem, user);
  const files: CredentialFiles = {
    ca: await write('ca.crt', authority.certificatePem),
    caKey: await write('ca.key', authority.privateKeyPem),
    serverCert: await write('apiserver.crt', server.certificatePem),
    serverKey: await write('apiserver.key', server.privateKeyPem),
    proxyClientCert: await write('front-proxy-client.crt', proxyClient.certificatePem),
    proxyClientKey: await write('front-proxy-client.key', proxyClient.privateKeyPem),
    serviceAccountKey: await write('sa.key', serviceAccount.privateKey.export({ type: 'pkcs8', format: 'pem' })),
    serviceAccountPublicKey: await write('sa.pub', serviceAccount.publicKey.export({ type: 'spki', format: 'pem' })),
    adminKubeconfig: await write('admin.kubeconfig', kubeconfig(admin)),
    anonymousKubeconfig: await write('anonymous.kubeconfig', kubeconfig()),
    controllerManagerKubeconfig: await write(
      'controller-manager.kubeconfig',
      kubeconfig(client('system:kube-controller-manager')),
    ),
  };
  return { authority, admin, files };
}

/** A kubeconfig with one context, as JSON, which every reader of YAML takes. */
export function kubeconfigText(server: string, caPem: string, user?: KeyedCertificate): string {
  const credentials = user && {
    'client-certificate-data': base64(user.certificatePem),
    'client-key-data': base64(user.privateKeyPem),
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'e2e',
    clusters: [{ name: 'e2e', cluster: { server, 'certificate-authority-data': base64(caPem) } }],
    users: [{ name: 'e2e', user: credentials ?? {} }],
    contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: 'e2e' } }],
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
