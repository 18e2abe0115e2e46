import { ANNOTATION, type PolicyMetadata } from './policy-metadata.ts';

/** What a manifest says of a policy, and which annotations had to stay behind. */
export interface OciAnnotations {
  readonly annotations: Readonly<Record<string, string>>;
  /** Names of the annotations with more than one line, typically the usage text. */
  readonly omitted: readonly string[];
}

const OCI_SOURCE = 'org.opencontainers.image.source';

/** The annotations of the manifest of a policy with this metadata (authoring contract §3.1). */
export function ociAnnotations(metadata: PolicyMetadata | undefined): OciAnnotations {
  const trimmed = Object.entries(metadata?.annotations ?? {}).map(([name, value]) => [name, value.trim()] as const);
  const single = trimmed.filter(([, value]) => !value.includes('\n'));
  const omitted = trimmed.filter(([, value]) => value.includes('\n')).map(([name]) => name);
  const annotations = new Map(single);
  const source = annotations.get(ANNOTATION.source);
  if (source !== undefined && !annotations.has(OCI_SOURCE)) annotations.set(OCI_SOURCE, source);
  return { annotations: Object.fromEntries(annotations), omitted: omitted.toSorted() };
}
