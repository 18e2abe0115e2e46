import { readFile } from 'node:fs/promises';
import { Agent, type AgentOptions } from 'node:https';
import { rootCertificates } from 'node:tls';
import { AuditError } from '../errors.ts';

/** How the policy servers are known, and how they know us. All are names of PEM files. */
export interface TlsFiles {
  /** Trusted besides the system's authorities. */
  readonly extraCa?: string | undefined;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly insecure?: boolean | undefined;
}

/** An agent with the files as they are now. Throws AuditError `bad-certificates`. */
export async function createAgent(files: TlsFiles, sockets: number): Promise<Agent> {
  const [extraCa, cert, key] = await Promise.all([files.extraCa, files.clientCert, files.clientKey].map(read));
  const options: AgentOptions = {
    keepAlive: true,
    maxSockets: sockets,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: files.insecure !== true,
    ...(extraCa === undefined ? {} : { ca: [...rootCertificates, extraCa] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
  return new Agent(options);
}

async function read(file: string | undefined): Promise<string | undefined> {
  if (file === undefined || file === '') return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AuditError('bad-certificates', `${file}: can't be read`, cause);
  }
}
