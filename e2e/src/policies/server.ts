import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, issueCertificate, type Authority } from '@ostiary/pki';
import { logTail, startDaemon, waitFor } from '../daemon.ts';
import { freePorts } from '../ports.ts';
import { ROOT } from '../ostiary.ts';

const BIN = join(ROOT, 'packages', 'cli', 'bin');
const LEASH = join(import.meta.dirname, '..', 'leash.ts');
const START_TIMEOUT_MS = 60_000;
const VALID_FOR_DAYS = 2;

/** How a server of policies is started: by flags as people do, or by the variables that Kubewarden's controller sets. */
export type Form = 'flags' | 'variables';

export interface PolicyServerOptions {
  /** Takes policies.yml, certificates, downloads and the log. */
  readonly dir: string;
  readonly form: Form;
  /** What is in policies.yml. */
  readonly policies: object;
  /** The namespace that is always accepted. */
  readonly alwaysAccept?: string;
  /** Beside the variables above. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A server of policies that is ready. */
export interface PolicyServer {
  readonly url: string;
  readonly probeUrl: string;
  /** What its clients trust, as PEM. */
  readonly caPem: string;
  /** Writes policies.yml anew, as an editor does: in one piece. */
  readonly configure: (policies: object) => Promise<void>;
  /** Puts a new certificate in place of the old one, as a volume of a Secret does. */
  readonly rotate: () => Promise<void>;
  readonly logTail: (lines?: number) => string;
  readonly stop: () => Promise<void>;
}

/** Starts one with TLS on free ports of 127.0.0.1 and resolves when its probe says that it is ready. */
export async function startPolicyServer(options: PolicyServerOptions): Promise<PolicyServer> {
  const { dir, form, policies, alwaysAccept, env = {} } = options;
  const [port = 0, probePort = 0] = await freePorts(2);
  const authority = createAuthority({ commonName: 'ostiary-e2e-policies', ...validity() });
  const configure = (content: object): Promise<void> => replace(join(dir, 'policies.yml'), JSON.stringify(content));
  await configure(policies);
  let version = 0;
  const rotate = (): Promise<void> => mountSecret(dir, authority, ++version);
  await rotate();

  const settings: Readonly<Record<string, string>> = {
    ...(form === 'flags' ? { BIND_ADDRESS: '127.0.0.1' } : {}),
    CERT_FILE: join(dir, 'pki', 'tls.crt'),
    KEY_FILE: join(dir, 'pki', 'tls.key'),
    PORT: String(port),
    READINESS_PROBE_PORT: String(probePort),
    POLICIES_DOWNLOAD_DIR: dir,
    POLICIES: join(dir, 'policies.yml'),
    SIGSTORE_CACHE_DIR: join(dir, 'sigstore-data'),
    ...(alwaysAccept !== undefined && { ALWAYS_ACCEPT_ADMISSION_REVIEWS_ON_NAMESPACE: alwaysAccept }),
  };
  const daemon = await startDaemon({
    name: 'policies',
    command: process.execPath,
    dir,
    ...commandOf(form, settings, env),
  });
  const probeUrl = `http://127.0.0.1:${probePort}`;
  await waitFor(daemon, {
    what: 'the policy server to be ready',
    probe: async () => (await fetch(`${probeUrl}/readiness`)).ok,
    timeoutMs: START_TIMEOUT_MS,
  }).catch(async (error: unknown) => {
    await daemon.stop();
    throw error;
  });
  return {
    url: `https://127.0.0.1:${port}`,
    probeUrl,
    caPem: authority.certificatePem,
    configure,
    rotate,
    logTail: (lines) => logTail(daemon, lines),
    stop: () => daemon.stop(),
  };
}

type Command = Pick<Parameters<typeof startDaemon>[0], 'args' | 'env'>;

function commandOf(
  form: Form,
  settings: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
): Command {
  // The command may start Node once more; a variable reaches that one too, an argument would not.
  const leashed = { NODE_OPTIONS: `--import=${LEASH}`, ...env };
  if (form === 'variables') {
    const variables = Object.entries(settings).map(([name, value]) => [`KUBEWARDEN_${name}`, value]);
    return { args: [join(BIN, 'policy-server.js')], env: { ...leashed, ...Object.fromEntries(variables) } };
  }
  const { BIND_ADDRESS = '', ...rest } = settings;
  const flags = Object.entries(rest).map(([name, value]) => `--${name.toLowerCase().replaceAll('_', '-')}=${value}`);
  return { args: [join(BIN, 'ostiary.js'), 'serve', `--addr=${BIND_ADDRESS}`, ...flags], env: leashed };
}

async function replace(path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}

/** Kubelets write a new folder and let the link `..data` point to it, through which all files are links. */
async function mountSecret(dir: string, authority: Authority, version: number): Promise<void> {
  const volume = join(dir, 'pki');
  const data = `..version-${version}`;
  await mkdir(join(volume, data), { recursive: true });
  const pair = issueCertificate(authority, {
    commonName: `policies-${version}`,
    ipAddresses: ['127.0.0.1'],
    usages: ['server'],
    ...validity(),
  });
  await writeFile(join(volume, data, 'tls.crt'), pair.certificatePem);
  await writeFile(join(volume, data, 'tls.key'), pair.privateKeyPem, { mode: 0o600 });
  await symlink(data, join(volume, '..data-new'));
  await rename(join(volume, '..data-new'), join(volume, '..data'));
  if (version > 1) return;
  for (const file of ['tls.crt', 'tls.key']) await symlink(join('..data', file), join(volume, file));
}

function validity(): { readonly validForDays: number; readonly now: Date } {
  return { validForDays: VALID_FOR_DAYS, now: new Date() };
}
