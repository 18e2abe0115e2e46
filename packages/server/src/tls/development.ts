import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { createAuthority, issueCertificate } from '@ostiary/pki';

/** Files of the development certificates. */
export interface DevelopmentTls {
  readonly certificate: string;
  readonly privateKey: string;
  /** What clients must trust: `curl --cacert`. */
  readonly authority: string;
}

const VALID_FOR_DAYS = 365;
const RENEW_BEFORE_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * A certificate for loopback and the authority that signed it, made on first use and kept in `directory` (private keys
 * readable by the owner alone). For trying things out: the authority's own key is thrown away once it has signed.
 */
export async function developmentTls(directory: string, now: Date): Promise<DevelopmentTls> {
  const paths = {
    certificate: join(directory, 'development.pem'),
    privateKey: join(directory, 'development-key.pem'),
    authority: join(directory, 'development-ca.pem'),
  };
  if (await isUsable(paths, now)) return paths;
  const authority = createAuthority({ commonName: 'Ostiary development CA', validForDays: VALID_FOR_DAYS, now });
  const leaf = issueCertificate(authority, {
    commonName: 'localhost',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1', '::1'],
    usages: ['server'],
    validForDays: VALID_FOR_DAYS,
    now,
  });
  await mkdir(directory, { recursive: true });
  await writeFile(paths.privateKey, leaf.privateKeyPem, { mode: 0o600 });
  await writeFile(paths.authority, authority.certificatePem);
  await writeFile(paths.certificate, leaf.certificatePem);
  return paths;
}

/** The three files are there, belong together and last another week. */
async function isUsable(paths: DevelopmentTls, now: Date): Promise<boolean> {
  try {
    const leaf = new X509Certificate(await readFile(paths.certificate));
    const authority = new X509Certificate(await readFile(paths.authority));
    const key = createPrivateKey(await readFile(paths.privateKey));
    const belong = leaf.checkPrivateKey(key) && leaf.verify(authority.publicKey);
    return belong && leaf.validToDate.getTime() - now.getTime() > RENEW_BEFORE_MS;
  } catch {
    return false;
  }
}
