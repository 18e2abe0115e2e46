import { createHash } from 'node:crypto';
import type { ReportResource } from './resource.ts';

/**
 * What a report says, but for the run and the moment: two reports with the same digest tell a reader the same.
 * `fingerprint` is in it because a report with another one has to be written for later runs.
 */
export function reportDigest(
  { kind, apiVersion, metadata, scope, summary, results }: ReportResource,
  fingerprint: string,
): string {
  const timeless = results.map((result) => ({ ...result, timestamp: undefined }));
  const said = [apiVersion, kind, metadata.ownerReferences, scope, summary, timeless, fingerprint];
  return createHash('sha256').update(JSON.stringify(said)).digest('base64url').slice(0, 22);
}
