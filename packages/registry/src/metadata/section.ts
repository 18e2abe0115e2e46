import { isUtf8 } from 'node:buffer';
import { customSections } from '@ostiary/wasm';
import { decodeMetadata } from './decode.ts';
import { MetadataError } from './errors.ts';
import type { PolicyMetadata } from './policy-metadata.ts';
import { joinSections, splitSections, writeCustomSection } from './module-sections.ts';
import { readJson } from './yaml.ts';

/** The custom section that holds a policy's metadata (authoring contract §4.2). */
export const METADATA_SECTION = 'io.kubewarden.metadata';

/**
 * The metadata of a module: its first such section. Undefined when it has none.
 *
 * @throws {MetadataError} `malformed`.
 * @throws {WasmError} When the bytes are no module.
 */
export function readMetadata(wasm: Uint8Array): PolicyMetadata | undefined {
  const [section] = customSections(wasm, METADATA_SECTION);
  if (section === undefined) return undefined;
  if (!isUtf8(section)) throw new MetadataError('malformed', 'The metadata of the module is not UTF-8');
  const { root, problems } = readJson(new TextDecoder().decode(section), '');
  const metadata = root && decodeMetadata(root, false);
  if (metadata === undefined || problems.length > 0) {
    throw new MetadataError('malformed', "The metadata of the module can't be read:", problems);
  }
  return metadata;
}

/**
 * The module with this metadata as its last section. What it carried before goes: readers take the first section, so
 * the old one would otherwise keep winning.
 *
 * @throws {WasmError} When the bytes are no module.
 */
export function writeMetadata(wasm: Uint8Array, metadata: PolicyMetadata): Uint8Array {
  const kept = splitSections(wasm).filter((section) => section.name !== METADATA_SECTION);
  const payload = new TextEncoder().encode(JSON.stringify(ordered(metadata)));
  return joinSections([...kept.map(({ bytes }) => bytes), writeCustomSection(METADATA_SECTION, payload)]);
}

/** The order of members that tools have always written, so that equal metadata gives equal bytes. */
function ordered(metadata: PolicyMetadata): object {
  const { annotations, hostCapabilities, minimumKubewardenVersion } = metadata;
  return {
    protocolVersion: metadata.protocolVersion ?? 'Unknown',
    rules: metadata.rules.map(({ apiGroups, apiVersions, resources, operations }) => ({
      apiGroups,
      apiVersions,
      resources,
      operations,
    })),
    ...(annotations === undefined ? {} : { annotations: sortedKeys(annotations) }),
    mutating: metadata.mutating,
    backgroundAudit: metadata.backgroundAudit,
    executionMode: metadata.executionMode,
    policyType: metadata.policyType,
    contextAwareResources: metadata.contextAwareResources.map(({ apiVersion, kind }) => ({ apiVersion, kind })),
    ...(hostCapabilities === undefined ? {} : { hostCapabilities: hostCapabilities.toSorted() }),
    ...(minimumKubewardenVersion === undefined ? {} : { minimumKubewardenVersion }),
  };
}

function sortedKeys(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
