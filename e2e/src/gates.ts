import { copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, issueCertificate, type KeyedCertificate } from '@ostiary/pki';
import { onProcessEnd, removeNow } from './cleanup.ts';
import { startCluster, type Cluster } from './cluster.ts';
import type { HttpsResponse } from './http.ts';
import { generateApiServer, ROOT, startOstiary, type GateConfigs, type Generated, type Ostiary } from './ostiary.ts';
import { freePorts } from './ports.ts';

const EXAMPLES = join(ROOT, 'examples', 'config');

/** Ostiary with the example modules, and an API server that asks it at every gate. */
export interface Gates {
  /** Copies of the example configuration; they may be edited. */
  readonly configs: GateConfigs;
  readonly generated: Generated;
  readonly ostiary: Ostiary;
  readonly cluster: Cluster;
  /** The authority that signed Ostiary's certificate, and the API server's own certificate by it, as PEM. */
  readonly caPem: string;
  readonly client: KeyedCertificate;
  readonly stop: () => Promise<void>;
}

/**
 * Starts both, the API server with exactly the files and flags that `ostiary generate apiserver` wrote.
 * With `mutualTls`, Ostiary answers only who shows a certificate. Default: false.
 */
export async function startGates(options: { readonly mutualTls?: boolean } = {}): Promise<Gates> {
  const mutualTls = options.mutualTls === true;
  const dir = await mkdtemp(join(tmpdir(), 'ostiary-gates-'));
  const cleanups: (() => Promise<void>)[] = [];
  const removeLater = onProcessEnd(() => removeNow(dir));
  const stop = async (): Promise<void> => {
    await Promise.all(cleanups.map((cleanup) => cleanup()));
    removeNow(dir);
    removeLater();
  };
  try {
    const configs = await copyExamples(dir);
    const [port = 0, readinessPort = 0] = await freePorts(2);
    const { caPem, caFile, server, client, clientFiles } = await writeCertificates(dir);
    const output = join(dir, 'generated');
    await mkdir(output);
    const generated = await generateApiServer({
      configs,
      port,
      caFile,
      output,
      ...(mutualTls ? { client: clientFiles } : {}),
    });
    const clientCa = mutualTls ? { clientCaFile: caFile } : {};
    const ostiary = await startOstiary({ dir, configs, port, readinessPort, ...server, ...clientCa });
    cleanups.push(ostiary.kill);
    const cluster = await startCluster({ flags: generated.flags });
    cleanups.push(cluster.stop);
    return { configs, generated, ostiary, cluster, caPem, client, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the tests ask of an API server over and over. Nothing is stored: objects are created as dry runs. */
export interface Questions {
  /** The status for the magic user who lists, ConfigMaps by default. */
  readonly statusOfList: (resource?: string) => Promise<number>;
  /** Creates a ConfigMap as the admin. */
  readonly create: (data: Readonly<Record<string, string>>) => Promise<HttpsResponse>;
  /** The status for a ConfigMap that the example validator refuses. */
  readonly statusOfForbidden: () => Promise<number>;
  /** Creates a Namespace as the admin. */
  readonly createNamespace: (annotations: Readonly<Record<string, string>>) => Promise<HttpsResponse>;
}

export function questions(cluster: Cluster): Questions {
  const post = (path: string, kind: string, rest: object) => {
    const body = { apiVersion: 'v1', kind, ...rest };
    return cluster.request({ method: 'POST', path: `${path}?dryRun=All`, body });
  };
  const create: Questions['create'] = (data) =>
    post('/api/v1/namespaces/default/configmaps', 'ConfigMap', { metadata: { name: 'tried' }, data });
  return {
    create,
    createNamespace: (annotations) =>
      post('/api/v1/namespaces', 'Namespace', { metadata: { name: 'tried', annotations } }),
    statusOfForbidden: async () => (await create({ 'not-allowed-value': 'x' })).status,
    statusOfList: async (resource = 'configmaps') =>
      (await cluster.request({ path: `/api/v1/namespaces/default/${resource}`, token: 'magic-token' })).status,
  };
}

/** Copies of the example configuration that a test may edit. */
async function copyExamples(dir: string): Promise<GateConfigs> {
  const copy = async (name: string): Promise<string> => {
    const path = join(dir, name);
    await copyFile(join(EXAMPLES, name), path);
    return path;
  };
  return {
    authentication: await copy('authentication.yaml'),
    authorization: await copy('authorization.yaml'),
    admission: await copy('admission.yaml'),
  };
}

interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

interface Certificates {
  readonly caPem: string;
  readonly caFile: string;
  readonly server: CertificateFiles;
  readonly client: KeyedCertificate;
  readonly clientFiles: CertificateFiles;
}

/** Certificates for Ostiary and its client by an authority that only the generated files know. */
async function writeCertificates(dir: string): Promise<Certificates> {
  const validity = { validForDays: 2, now: new Date() };
  const authority = createAuthority({ commonName: 'ostiary-e2e-gates', ...validity });
  const write = async (name: string, pair: KeyedCertificate): Promise<CertificateFiles> => {
    const files = { certFile: join(dir, `${name}.crt`), keyFile: join(dir, `${name}.key`) };
    await writeFile(files.certFile, pair.certificatePem);
    await writeFile(files.keyFile, pair.privateKeyPem, { mode: 0o600 });
    return files;
  };
  const issue = (commonName: string, usage: 'server' | 'client', ipAddresses: readonly string[]) =>
    issueCertificate(authority, { commonName, ipAddresses, usages: [usage], ...validity });
  const caFile = join(dir, 'ca.pem');
  await writeFile(caFile, authority.certificatePem);
  const client = issue('kube-apiserver', 'client', []);
  return {
    caPem: authority.certificatePem,
    caFile,
    server: await write('server', issue('ostiary', 'server', ['127.0.0.1'])),
    client,
    clientFiles: await write('client', client),
  };
}
