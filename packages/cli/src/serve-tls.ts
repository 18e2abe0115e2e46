import type { Command } from 'commander';
import { developmentTls, type ServerSettings, type TlsFiles } from '@ostiary/server';

export interface TlsChoice {
  readonly files: TlsFiles;
  /** The development CA, when its certificate is the one in use. */
  readonly authority?: string;
}

/** The certificate files that the settings come to; undefined for plain HTTP. Contradictions end the command. */
export async function tlsOf(settings: ServerSettings, host: string, command: Command): Promise<TlsChoice | undefined> {
  const { certFile, keyFile, clientCaFile = [] } = settings;
  if (settings.plainHttp === true) {
    if (certFile ?? keyFile ?? clientCaFile[0]) command.error('error: --plain-http excludes the certificate flags');
    return undefined;
  }
  if (certFile && keyFile) return { files: { certificate: certFile, privateKey: keyFile, clientCas: clientCaFile } };
  if (certFile ?? keyFile) command.error('error: --cert-file and --key-file go together');
  if (!isLoopback(host)) {
    command.error(
      `error: ${host} is reachable from outside: give --cert-file and --key-file, or --plain-http behind a proxy that ends TLS`,
    );
  }
  const made = await developmentTls(settings.dataDir, new Date());
  return { files: { ...made, clientCas: clientCaFile }, authority: made.authority };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
