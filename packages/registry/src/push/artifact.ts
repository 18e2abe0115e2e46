import type { Descriptor } from '../oci/client.ts';
import { digestOf } from '../oci/digest.ts';
import { POLICY_CONFIG, POLICY_LAYER } from '../oci/media.ts';

/** The configuration of every policy artifact. */
export const EMPTY_CONFIG = Buffer.from('{}');

const SOURCE = 'org.opencontainers.image.source';
const POLICY_SOURCE = 'io.kubewarden.policy.source';

/**
 * The annotations that an artifact gets from its module's metadata: trimmed, those of several lines left out, and the
 * image's source copied from the policy's. `dropped` names what was left out. Contract: authoring §3.1.
 */
export function artifactAnnotations(metadata: Readonly<Record<string, string>>): {
  readonly annotations: Readonly<Record<string, string>>;
  readonly dropped: readonly string[];
} {
  const trimmed = Object.entries(metadata).map(([key, value]) => [key, value.trim()] as const);
  const annotations = new Map(trimmed.filter(([, value]) => !/[\r\n]/.test(value)));
  const source = annotations.get(POLICY_SOURCE);
  if (source !== undefined && !annotations.has(SOURCE)) annotations.set(SOURCE, source);
  const dropped = trimmed.filter(([, value]) => /[\r\n]/.test(value)).map(([key]) => key);
  return { annotations: Object.fromEntries(annotations), dropped };
}

/**
 * The manifest of a policy artifact, byte for byte as kwctl writes it: sorted keys, no white space, no `mediaType`.
 * The same module and annotations always have the same digest. No annotations leave the member out.
 */
export function artifactManifest(
  module: Pick<Descriptor, 'digest' | 'size'>,
  annotations: Readonly<Record<string, string>>,
): Uint8Array {
  const config = { digest: digestOf(EMPTY_CONFIG), mediaType: POLICY_CONFIG, size: EMPTY_CONFIG.length };
  const layer = { digest: module.digest, mediaType: POLICY_LAYER, size: module.size };
  // The keys are written in order; those of the annotations are sorted by their UTF-8 bytes, as Rust's maps are.
  const sorted = Object.entries(annotations).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const members = [
    ...(sorted.length === 0 ? [] : [`"annotations":{${sorted.map(pair).join(',')}}`]),
    `"config":${JSON.stringify(config)}`,
    `"layers":[${JSON.stringify(layer)}]`,
    '"schemaVersion":2',
  ];
  return Buffer.from(`{${members.join(',')}}`);
}

/** Written out: an object would move keys that look like numbers to the front. */
function pair([key, value]: readonly [string, string]): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}
