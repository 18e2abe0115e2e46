import { posix } from 'node:path';
import { joinBundles, PkiError } from '@ostiary/pki';
import { GenerateError } from './errors.ts';

export interface GenerateOptions {
  /** Where the API server reaches the gates, such as `https://127.0.0.1:6443`; a path in it is kept. */
  readonly serverUrl: string;
  /** The authorities that the API server is to trust for it. Anything but certificates is left out. */
  readonly caBundlePem: string;
  /** The API server's client certificate for mTLS, as the API server sees the path. Default: none. */
  readonly clientCertificateFile?: string | undefined;
  /** Its private key, likewise; needed exactly when there is a certificate. */
  readonly clientKeyFile?: string | undefined;
  /** Where the API server finds the generated files. Default: `/etc/kubernetes/ostiary`. */
  readonly mountPath?: string | undefined;
  /** How long the API server waits, from 1 to 30. Default: the sum of the modules' deadlines and a second, at most 30. */
  readonly timeoutSeconds?: number | undefined;
  /** The name of the webhook configurations, of the webhooks in them and of the authorizer. Default: `ostiary`. */
  readonly name?: string | undefined;
}

/** The options after checking and defaulting. */
export interface Target {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** Host and port as the API server looks up credentials by. */
  readonly hostPort: string;
  readonly caBundlePem: string;
  readonly client: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  /** The path of a generated file as the API server sees it. */
  readonly mounted: (path: string) => string;
  readonly timeoutSeconds: number | undefined;
  readonly name: string;
}

const DEFAULT_MOUNT_PATH = '/etc/kubernetes/ostiary';
const DEFAULT_NAME = 'ostiary';

/** The most an API server lets itself be made to wait for a webhook. */
export const MAX_TIMEOUT_SECONDS = 30;

/** Checks the options. Throws GenerateError. */
export function resolveOptions(options: GenerateOptions): Target {
  const { mountPath = DEFAULT_MOUNT_PATH, name = DEFAULT_NAME, timeoutSeconds } = options;
  if (!posix.isAbsolute(mountPath)) throw new GenerateError(`expected an absolute mount path, found ${mountPath}`);
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
    throw new GenerateError(`expected a name of lower-case letters, digits and hyphens, found ${name}`);
  }
  if (timeoutSeconds !== undefined && !isTimeout(timeoutSeconds)) {
    throw new GenerateError(`expected a timeout of 1 to ${MAX_TIMEOUT_SECONDS} seconds, found ${timeoutSeconds}`);
  }
  return {
    ...readServerUrl(options.serverUrl),
    caBundlePem: certificatesOf(options.caBundlePem),
    client: readClient(options),
    mounted: (path) => posix.join(mountPath, path),
    timeoutSeconds,
    name,
  };
}

function isTimeout(seconds: number): boolean {
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_TIMEOUT_SECONDS;
}

/** The API server refuses other schemes, credentials, a query and a fragment in a webhook's URL. */
function readServerUrl(text: string): { baseUrl: string; hostPort: string } {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:') throw new GenerateError(`expected a server URL with https, found ${text}`);
  if (url.username !== '' || url.password !== '' || /[?#]/.test(text)) {
    throw new GenerateError('expected a server URL without credentials, query and fragment');
  }
  return {
    baseUrl: url.origin + url.pathname.replace(/\/+$/, ''),
    hostPort: url.port === '' ? `${url.hostname}:443` : url.host,
  };
}

/** A bundle may come with a private key beside it, which must not reach the API server. */
function certificatesOf(bundle: string): string {
  try {
    return joinBundles(bundle);
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause;
    throw new GenerateError(`the CA bundle is unusable: ${cause.message}`, { cause });
  }
}

function readClient({ clientCertificateFile, clientKeyFile }: GenerateOptions): Target['client'] {
  if (clientCertificateFile === undefined && clientKeyFile === undefined) return undefined;
  if (clientCertificateFile === undefined || clientKeyFile === undefined) {
    throw new GenerateError('expected a client certificate and its key, found only one of them');
  }
  return { certificateFile: clientCertificateFile, keyFile: clientKeyFile };
}
