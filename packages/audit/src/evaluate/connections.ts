import { readFile } from 'node:fs/promises';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type { Dispatcher } from 'undici';
import { AuditError } from '../errors.ts';

/** How the policy servers are known, and how they know us. All are names of PEM files. */
export interface TlsFiles {
  /** Trusted besides the system's authorities. */
  readonly extraCa?: string | undefined;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly insecure?: boolean | undefined;
}

/** Connections to policy servers that are made with the files as they were at one moment. */
export interface Connections {
  readonly to: (server: URL) => Dispatcher;
  /** Lets requests under way end; their connections are not kept. */
  readonly retire: () => Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** Keeps at most `most` connections to each server. Throws AuditError `bad-certificates`. */
export async function openConnections(files: TlsFiles, most: number): Promise<Connections> {
  const [{ Pool }, secureContext] = await Promise.all([import('undici'), contextOf(files)]);
  const pools = new Map<string, Dispatcher>();
  // Deadlines are the request's own: those of the pool are off.
  const options = { connections: most, pipelining: 1, allowH2: false, headersTimeout: 0, bodyTimeout: 0 };
  const connect = { secureContext, rejectUnauthorized: files.insecure !== true, timeout: CONNECT_TIMEOUT_MS };
  return {
    to: ({ origin }) => {
      const known = pools.get(origin);
      if (known !== undefined) return known;
      const pool = new Pool(origin, { ...options, connect });
      pools.set(origin, pool);
      return pool;
    },
    retire: async () => void (await Promise.allSettled([...pools.values()].map((pool) => pool.close()))),
  };
}

/** One for all connections: to read the system's authorities takes milliseconds. */
async function contextOf(files: TlsFiles): Promise<SecureContext> {
  const [extraCa, cert, key] = await Promise.all([files.extraCa, files.clientCert, files.clientKey].map(read));
  try {
    return createSecureContext({
      minVersion: 'TLSv1.2',
      ...(extraCa === undefined ? {} : { ca: [...rootCertificates, extraCa] }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  } catch (cause) {
    const names = [files.extraCa, files.clientCert, files.clientKey].filter((name) => name !== undefined).join(', ');
    throw new AuditError('bad-certificates', `${names}: not certificates in PEM, or a key of another one`, cause);
  }
}

async function read(file: string | undefined): Promise<string | undefined> {
  if (file === undefined || file === '') return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AuditError('bad-certificates', `${file}: can't be read`, cause);
  }
}
