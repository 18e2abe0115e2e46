import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { KubeConfig } from './types.ts';

/** Where every container finds the credentials of its ServiceAccount. */
const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration of a container in a cluster; undefined outside of one. */
export function inClusterConfig(env: Environment, dir = SERVICE_ACCOUNT_DIR): KubeConfig | undefined {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  const tokenFile = join(dir, 'token');
  if (host === undefined || host === '' || port === undefined || port === '' || !existsSync(tokenFile))
    return undefined;
  return {
    cluster: {
      server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
      certificateAuthority: { kind: 'file', path: join(dir, 'ca.crt') },
      insecureSkipTlsVerify: false,
    },
    user: { tokenFile },
    namespace: readNamespace(join(dir, 'namespace')),
  };
}

function readNamespace(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim() || 'default';
  } catch {
    return 'default';
  }
}
