import type { SecureContextOptions } from 'node:tls';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { TrackedFiles } from '../generation/tracked-files.ts';

/** The PEM files of the listener. */
export interface TlsFiles {
  readonly certificate: string;
  readonly privateKey: string;
  /** Turns mTLS on: clients must bring a certificate that one of these signed. */
  readonly clientCas: readonly string[];
}

/** A certificate file that can't be used; the message names the file and what is wrong with it. */
export class TlsError extends Error {
  readonly code = 'bad-certificate';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TlsError';
  }
}

/**
 * Reads a certificate chain, its key and the client CAs, and checks that they belong together: Secrets change one file
 * after the other in some mounts, and a key that does not fit must leave the old pair serving.
 *
 * @throws TlsError
 */
export async function readTls(paths: TlsFiles, files: TrackedFiles): Promise<SecureContextOptions> {
  const [certificate, privateKey, ...clientCas] = await Promise.all(
    [paths.certificate, paths.privateKey, ...paths.clientCas].map((path) => readText(path, files)),
  );
  const leaf = parseCertificates(paths.certificate, certificate ?? '');
  const key = parse(paths.privateKey, () => createPrivateKey(privateKey ?? ''));
  if (!leaf.checkPrivateKey(key)) {
    throw new TlsError(`${paths.privateKey}: is not the private key of the first certificate in ${paths.certificate}`);
  }
  for (const [index, path] of paths.clientCas.entries()) parseCertificates(path, clientCas[index] ?? '');
  return { cert: certificate, key: privateKey, ...(clientCas.length > 0 && { ca: clientCas }) };
}

const CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]*-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/** Reads all certificates of a file, so that one that is damaged is not found at the first handshake; the first of them. */
function parseCertificates(path: string, pem: string): X509Certificate {
  const [first, ...others] = pem.match(CERTIFICATE) ?? [pem];
  for (const other of others) parse(path, () => new X509Certificate(other));
  return parse(path, () => new X509Certificate(first));
}

async function readText(path: string, files: TrackedFiles): Promise<string> {
  try {
    return new TextDecoder().decode(await files.read(path));
  } catch (error) {
    throw new TlsError(`${path}: can't be read: ${(error as Error).message}`, { cause: error });
  }
}

function parse<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new TlsError(`${path}: expected PEM: ${(error as Error).message}`, { cause: error });
  }
}
