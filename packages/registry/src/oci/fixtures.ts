import { randomBytes } from 'node:crypto';
import { RegistryError, type RegistryErrorCode } from '../errors.ts';
import type { Sources } from '../sources/sources.ts';
import type { TestRegistry } from '../testing/registry.ts';
import type { RegistryReference } from '../reference/reference.ts';
import { createOciClient, type ClientOptions } from './create.ts';
import { digestOf } from './digest.ts';

/** A module's beginning, and then bytes that no two calls share. */
export function someModule(size = 1000): Uint8Array {
  return Buffer.concat([Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), randomBytes(size - 8)]);
}

/** Puts a policy artifact into a registry, past its API. */
export function addPolicy(registry: TestRegistry, repository: string, tag: string, module = someModule()) {
  const config = registry.addBlob(repository, Buffer.from('{}'));
  const layer = { mediaType: 'application/vnd.wasm.content.layer.v1+wasm', size: module.length };
  const document = {
    schemaVersion: 2,
    config: { mediaType: 'application/vnd.wasm.config.v1+json', digest: config, size: 2 },
    layers: [{ ...layer, digest: registry.addBlob(repository, module) }],
  };
  const digest = registry.addManifest(repository, document, tag);
  return { module, digest, layer: { ...layer, digest: digestOf(module) } };
}

export function imageAt(registry: TestRegistry, repository: string, tag = 'v1'): RegistryReference {
  return { kind: 'registry', registry: registry.host, repository, tag };
}

export function insecure(...hosts: readonly string[]): Sources {
  return { insecure: new Set(hosts), authorities: new Map(), proxies: undefined };
}

/** A client that talks plain HTTP to one test registry and doesn't wait long. */
export function clientFor(registry: TestRegistry, options: ClientOptions = {}) {
  return createOciClient({
    sources: insecure(registry.host),
    retry: { attempts: 3, pause: 5, longestPause: 2000 },
    timeouts: { connect: 1000, head: 1000, idle: 1000, grace: 1000 },
    ...options,
  });
}

/** For `assert.rejects`: a RegistryError of this code, whose message has none of these texts. */
export function failsWith(code: RegistryErrorCode, ...secrets: readonly string[]) {
  return (error: unknown): boolean => {
    if (!(error instanceof RegistryError)) return false;
    if (error.code !== code) throw new Error(`expected ${code}, got ${error.code}: ${error.message}`);
    const leaked = secrets.find((secret) => error.message.includes(secret));
    if (leaked !== undefined) throw new Error(`the message has '${leaked}': ${error.message}`);
    return true;
  };
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}
