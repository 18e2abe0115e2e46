import { create, isKubeError, list, remove, type KubeObject } from '@ostiary/kube';
import { FIELD_MANAGER } from '../cluster/applier.ts';
import { REVISIONS } from '../cluster/kinds.ts';
import type { PolicyServer } from '../cluster/objects.ts';
import { objectName, POLICY_SERVER_LABEL } from '../desired/names.ts';
import { ownedBy } from '../desired/owned.ts';
import { revisionOf, type Contents } from '../observe/history.ts';
import type { Context } from './context.ts';

/** `apps/v1` ControllerRevision, as far as ours. */
interface ControllerRevision extends KubeObject {
  readonly revision: number;
  readonly data?: Partial<Contents>;
}

/** One that is in the cluster; what it holds stays there. */
export interface RecordedRevision {
  readonly name: string;
  /** Counts up with every delivery. */
  readonly revision: number;
}

export const KEPT_REVISIONS = 10;

/**
 * Writes a revision down in the cluster: everything that it delivers. People see from it what pods were given and when, and
 * take from it what to go back to; a controller that starts anew knows what pods serve that are not at the newest revision.
 * It holds what the ConfigMap held, and no Secret.
 */
export async function recordRevision(
  context: Context,
  server: PolicyServer,
  revision: string,
  contents: Contents,
): Promise<void> {
  const known = await loadRevisions(context, server);
  const name = `${objectName(server.metadata.name)}-${revision}`;
  const newest = known.at(-1);
  if (newest?.name === name) return;
  const next: RecordedRevision = { name, revision: (newest?.revision ?? 0) + 1 };
  const body: ControllerRevision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      namespace: context.options.namespace,
      name,
      labels: { [POLICY_SERVER_LABEL]: server.metadata.name },
      ownerReferences: ownedBy(server),
    },
    revision: next.revision,
    data: contents,
  };
  const again = known.find((one) => one.name === name);
  // Back to an earlier configuration: its record is written anew, with a number that says when.
  if (again !== undefined) await dropRevision(context, again);
  await create(context.client, REVISIONS, body, { fieldManager: FIELD_MANAGER }).catch((error: unknown) => {
    // Another leader has written it since we looked, as one may that has only just lost its lease.
    if (isKubeError(error, 'already-exists')) context.revisions.delete(server.metadata.name);
    throw error;
  });
  const all = [...known.filter((one) => one !== again), next];
  await Promise.all(all.slice(0, -KEPT_REVISIONS).map((old) => dropRevision(context, old)));
  context.revisions.set(server.metadata.name, all.slice(-KEPT_REVISIONS));
}

async function dropRevision({ client, options }: Context, { name }: RecordedRevision): Promise<void> {
  await remove(client, REVISIONS, { namespace: options.namespace, name }).catch((error: unknown) => {
    if (!isKubeError(error, 'not-found')) throw error;
  });
}

/** Revisions from the oldest to the newest; read once, as nobody but a leader writes them. */
async function loadRevisions(context: Context, server: PolicyServer): Promise<readonly RecordedRevision[]> {
  const { client, options, revisions, history } = context;
  const { name } = server.metadata;
  const known = revisions.get(name);
  if (known !== undefined) return known;
  const found: RecordedRevision[] = [];
  const selection = {
    resource: REVISIONS,
    namespace: options.namespace,
    labelSelector: `${POLICY_SERVER_LABEL}=${name}`,
  };
  for await (const { metadata, revision, data } of list<ControllerRevision>(client, selection)) {
    found.push({ name: metadata.name, revision });
    const hash = metadata.name.slice(objectName(name).length + 1);
    history.remember(name, hash, revisionOf({ policies: data?.policies ?? {}, modules: data?.modules ?? {} }));
  }
  const sorted = found.toSorted((a, b) => a.revision - b.revision);
  revisions.set(name, sorted);
  return sorted;
}
