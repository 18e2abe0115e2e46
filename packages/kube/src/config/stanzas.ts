import { isAbsolute, join } from 'node:path';
import { KubeConfigError } from '../errors.ts';
import { flag, invalidField, path, pem, record, records, text, texts, url } from './fields.ts';
import { folderOf, type Stanza } from './file.ts';
import type { ClusterConfig, ExecConfig, Impersonation, UserConfig } from './types.ts';

const EXEC_EXTENSION = 'client.authentication.k8s.io/exec';

/** Reads `clusters[].cluster`. Throws KubeConfigError `invalid-field`. */
export function readCluster(stanza: Stanza): ClusterConfig {
  const server = url(stanza, 'server', ['https:', 'http:']);
  if (server === undefined) throw invalidField(stanza, 'server', 'is missing');
  const { search, hash, username } = new URL(server);
  if (search !== '' || hash !== '' || username !== '') {
    throw invalidField(stanza, 'server', 'takes no query, fragment or user');
  }
  const insecureSkipTlsVerify = flag(stanza, 'insecure-skip-tls-verify');
  const certificateAuthority = pem(stanza, 'certificate-authority');
  // kubectl refuses the pair too: whoever names an authority expects it to be asked.
  if (insecureSkipTlsVerify && certificateAuthority !== undefined) {
    throw invalidField(stanza, 'insecure-skip-tls-verify', 'excludes a certificate authority');
  }
  const extension = records(stanza, 'extensions').find(({ name }) => name === EXEC_EXTENSION);
  return {
    server,
    certificateAuthority,
    tlsServerName: text(stanza, 'tls-server-name'),
    insecureSkipTlsVerify,
    proxyUrl: url(stanza, 'proxy-url', ['http:', 'https:', 'socks5:']),
    execExtension: extension?.['extension'],
  };
}

/** Reads `users[].user`. Throws KubeConfigError `invalid-field` or `unsupported`. */
export function readUser(stanza: Stanza): UserConfig {
  if (record(stanza, 'auth-provider') !== undefined) {
    throw new KubeConfigError('unsupported', 'auth-provider no longer exists in Kubernetes: use an exec plugin', {
      file: stanza.file,
      field: `${stanza.place}.auth-provider`,
    });
  }
  const clientCertificate = pem(stanza, 'client-certificate');
  const clientKey = pem(stanza, 'client-key');
  if ((clientCertificate === undefined) !== (clientKey === undefined)) {
    throw invalidField(stanza, 'client-certificate', 'and client-key go together');
  }
  const username = text(stanza, 'username');
  const exec = record(stanza, 'exec');
  return {
    token: text(stanza, 'token'),
    tokenFile: path(stanza, 'tokenFile'),
    clientCertificate,
    clientKey,
    basic: username === undefined ? undefined : { username, password: text(stanza, 'password') ?? '' },
    exec: exec === undefined ? undefined : readExec(exec),
    impersonate: readImpersonation(stanza),
  };
}

function readImpersonation(stanza: Stanza): Impersonation | undefined {
  const user = text(stanza, 'as');
  const uid = text(stanza, 'as-uid');
  const groups = texts(stanza, 'as-groups');
  const extra = record(stanza, 'as-user-extra');
  if (user === undefined) {
    // To leave these out silently would be to act with more rights than the file grants.
    if (uid !== undefined || groups.length > 0 || extra !== undefined) throw invalidField(stanza, 'as', 'is missing');
    return undefined;
  }
  const names = Object.keys(extra?.fields ?? {});
  const entries = names.map((name) => [name, extra === undefined ? [] : texts(extra, name)] as const);
  return { user, uid, groups, extra: Object.fromEntries(entries) };
}

function readExec(stanza: Stanza): ExecConfig {
  const apiVersion = text(stanza, 'apiVersion');
  if (apiVersion !== 'client.authentication.k8s.io/v1' && apiVersion !== 'client.authentication.k8s.io/v1beta1') {
    throw new KubeConfigError('unsupported', 'has to be client.authentication.k8s.io/v1 or v1beta1', {
      file: stanza.file,
      field: `${stanza.place}.apiVersion`,
    });
  }
  const command = text(stanza, 'command');
  if (command === undefined) throw invalidField(stanza, 'command', 'is missing');
  const env = records(stanza, 'env').map(({ name, value }, index) => {
    if (typeof name !== 'string' || typeof value !== 'string') {
      throw invalidField(stanza, `env[${index}]`, 'needs a name and a value');
    }
    return [name, value] as const;
  });
  return {
    apiVersion,
    command: command.includes('/') && !isAbsolute(command) ? join(folderOf(stanza), command) : command,
    args: texts(stanza, 'args'),
    env: Object.fromEntries(env),
    interactiveMode: readInteractiveMode(stanza, apiVersion),
    provideClusterInfo: flag(stanza, 'provideClusterInfo'),
    installHint: text(stanza, 'installHint'),
  };
}

function readInteractiveMode(stanza: Stanza, apiVersion: ExecConfig['apiVersion']): ExecConfig['interactiveMode'] {
  const mode = text(stanza, 'interactiveMode');
  if (mode === undefined && apiVersion.endsWith('/v1beta1')) return 'IfAvailable';
  if (mode === 'Never' || mode === 'IfAvailable' || mode === 'Always') return mode;
  throw invalidField(stanza, 'interactiveMode', 'has to be Never, IfAvailable or Always');
}

/** What a context names. */
export function readContext(stanza: Stanza): {
  readonly cluster: string | undefined;
  readonly user: string | undefined;
  readonly namespace: string | undefined;
} {
  return { cluster: text(stanza, 'cluster'), user: text(stanza, 'user'), namespace: text(stanza, 'namespace') };
}
