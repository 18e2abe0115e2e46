import { spawn } from 'node:child_process';
import { isatty } from 'node:tty';
import type { ClusterConfig, ExecConfig } from '../config/types.ts';
import { KubeConfigError } from '../errors.ts';
import { isRecord, recordAt, textAt } from '../record.ts';

/** What a plugin said. */
export interface ExecCredential {
  readonly token: string | undefined;
  readonly certificate: { readonly cert: string; readonly key: string } | undefined;
  /** Wall-clock milliseconds; absent: good for as long as the server takes it. */
  readonly expiresAt: number | undefined;
}

/** A credential is a few KiB. */
const MAX_OUTPUT_BYTES = 1024 * 1024;

/** Plugins may ask a person to log in with a browser; one that only calls a service takes seconds. */
const INTERACTIVE_TIMEOUT_MS = 10 * 60_000;
const TIMEOUT_MS = 60_000;

/** Runs the plugin once. Throws KubeConfigError `exec-failed`, naming the command and never what it wrote. */
export async function runExecPlugin(
  exec: ExecConfig,
  cluster: ClusterConfig,
  caPem: string | undefined,
): Promise<ExecCredential> {
  const terminal = isatty(0);
  if (exec.interactiveMode === 'Always' && !terminal) throw failure(exec, 'needs a terminal');
  const interactive = terminal && exec.interactiveMode !== 'Never';
  const info = {
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive, ...(exec.provideClusterInfo ? { cluster: clusterInfo(cluster, caPem) } : {}) },
  };
  const output = await run(exec, JSON.stringify(info), interactive);
  return readCredential(exec, output);
}

function clusterInfo(cluster: ClusterConfig, caPem: string | undefined): Record<string, unknown> {
  return {
    server: cluster.server,
    'tls-server-name': cluster.tlsServerName,
    'insecure-skip-tls-verify': cluster.insecureSkipTlsVerify || undefined,
    'certificate-authority-data': caPem === undefined ? undefined : Buffer.from(caPem).toString('base64'),
    'proxy-url': cluster.proxyUrl,
    config: cluster.execExtension,
  };
}

function run(exec: ExecConfig, info: string, interactive: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(exec.command, exec.args, {
      env: { ...process.env, ...exec.env, KUBERNETES_EXEC_INFO: info },
      stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'inherit'],
      timeout: interactive ? INTERACTIVE_TIMEOUT_MS : TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_OUTPUT_BYTES) child.kill('SIGKILL');
      else chunks.push(chunk);
    });
    child.once('error', (cause) => {
      const hint = exec.installHint === undefined ? '' : `: ${exec.installHint}`;
      reject(failure(exec, `can't be run${hint}`, cause));
    });
    child.once('close', (code, signal) => {
      if (size > MAX_OUTPUT_BYTES) reject(failure(exec, `wrote more than ${MAX_OUTPUT_BYTES} bytes`));
      else if (code !== 0)
        reject(failure(exec, signal === null ? `ended with code ${code}` : `was ended by ${signal}`));
      else resolve(Buffer.concat(chunks).toString('utf8'));
    });
  });
}

function readCredential(exec: ExecConfig, output: string): ExecCredential {
  let value: unknown;
  try {
    value = JSON.parse(output);
  } catch {
    throw failure(exec, 'did not write JSON');
  }
  if (!isRecord(value) || value['kind'] !== 'ExecCredential') throw failure(exec, 'did not write an ExecCredential');
  if (value['apiVersion'] !== exec.apiVersion) throw failure(exec, `did not write ${exec.apiVersion}`);
  const status = recordAt(value, 'status');
  const token = textAt(status, 'token') || undefined;
  const cert = textAt(status, 'clientCertificateData');
  const key = textAt(status, 'clientKeyData');
  if ((cert === undefined) !== (key === undefined))
    throw failure(exec, 'wrote a certificate or a key without the other');
  if (token === undefined && cert === undefined) throw failure(exec, 'wrote neither a token nor a certificate');
  const expiry = textAt(status, 'expirationTimestamp');
  const expiresAt = expiry === undefined ? undefined : Date.parse(expiry);
  if (Number.isNaN(expiresAt)) throw failure(exec, 'wrote an expirationTimestamp that is no time');
  return { token, certificate: cert === undefined || key === undefined ? undefined : { cert, key }, expiresAt };
}

function failure(exec: ExecConfig, message: string, cause?: unknown): KubeConfigError {
  return new KubeConfigError('exec-failed', `the plugin ${JSON.stringify(exec.command)} ${message}`, {
    field: 'exec',
    cause,
  });
}
