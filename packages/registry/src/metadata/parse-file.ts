import { decodeMetadata } from './decode.ts';
import { MetadataError } from './errors.ts';
import type { PolicyMetadata } from './policy-metadata.ts';
import { readYaml } from './yaml.ts';

/**
 * Reads a `metadata.yml` (authoring contract §4.1). Unknown fields are ignored, as they always were.
 *
 * @throws {MetadataError} `invalid`, with every problem and where it stands.
 */
export function parseMetadataYaml(text: string, file: string): PolicyMetadata {
  const { root, problems } = readYaml(text, file);
  const metadata = root && decodeMetadata(root, true);
  if (metadata === undefined || problems.length > 0) {
    throw new MetadataError('invalid', 'Metadata is invalid:', problems);
  }
  return metadata;
}
