import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { ensureGoTool } from '../go-tool.ts';

const run = promisify(execFile);

/** Path of cosign, built first if the cache doesn't have it. */
export function ensureCosign(): Promise<string> {
  return ensureGoTool({ name: 'cosign' });
}

/** A registry of its own process, empty at first. */
export interface PeerRegistry {
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  stop(): void;
}

/** Starts go-containerregistry's registry, with or without the referrers API. It ends with this process. */
export async function startPeerRegistry(cosign: string, referrers: boolean): Promise<PeerRegistry> {
  const child = spawn(cosign, ['registry', ...(referrers ? [] : ['--no-referrers'])], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    return { host: line, stop: () => child.kill() };
  }
  throw new Error('the registry ended before it said where it listens');
}

/** Runs cosign in a folder of its own, without anything of the caller's home. */
export async function runCosign(cosign: string, cwd: string, args: readonly string[]): Promise<void> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, COSIGN_PASSWORD: '' };
  await run(cosign, [...args], { cwd, env, timeout: 60_000 });
}

const CONFIG = '{}';
const MODULE = Buffer.from('0061736d01000000', 'hex');

/** Puts a policy with an empty module there; returns the digest of its manifest. */
export async function pushPolicy(host: string, repository: string): Promise<string> {
  const base = `http://${host}/v2/${repository}`;
  const config = await pushBlob(base, Buffer.from(CONFIG));
  const layer = await pushBlob(base, MODULE);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    config: { mediaType: 'application/vnd.wasm.config.v1+json', digest: config, size: CONFIG.length },
    layers: [{ mediaType: 'application/vnd.wasm.content.layer.v1+wasm', digest: layer, size: MODULE.length }],
  });
  await put(`${base}/manifests/v1`, manifest);
  return digestOf(manifest);
}

async function pushBlob(base: string, bytes: Buffer): Promise<string> {
  const started = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(started.headers.get('location') ?? '', base);
  location.searchParams.set('digest', digestOf(bytes));
  const finished = await fetch(location, { method: 'PUT', body: new Uint8Array(bytes) });
  if (!finished.ok) throw new Error(`pushing a blob: ${finished.status}`);
  return digestOf(bytes);
}

/** Puts a manifest. */
export async function put(url: string, manifest: string): Promise<void> {
  const headers = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
  const response = await fetch(url, { method: 'PUT', headers, body: manifest });
  if (!response.ok) throw new Error(`pushing a manifest: ${response.status}`);
}

export function digestOf(bytes: string | Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
