import type { KubeClient } from '@ostiary/kube';

const PARTIAL = 'g=meta.k8s.io;v=v1';
/** Servers that can't do it answer with whole objects, of which no more is read. */
const ACCEPT_LIST = `application/json;as=PartialObjectMetadataList;${PARTIAL},application/json`;
const ACCEPT_ONE = `application/json;as=PartialObjectMetadata;${PARTIAL},application/json`;

/**
 * The same client, answered with objects' metadata alone: a list of reports is a fifteenth of itself then, and what was
 * written need not be read again.
 */
export function metadataOnly(client: KubeClient): KubeClient {
  const request: KubeClient['request'] = (asked) => {
    const accept = (asked.method ?? 'GET') === 'GET' ? ACCEPT_LIST : ACCEPT_ONE;
    return client.request({ ...asked, headers: { ...asked.headers, accept } });
  };
  const json: KubeClient['json'] = (asked) =>
    client.json({ ...asked, headers: { ...asked.headers, accept: ACCEPT_ONE } });
  return { ...client, request, json };
}
