import { create, isKubeError, list, remove, type KubeObject } from '@ostiary/kube';
import { FIELD_MANAGER } from '../cluster/applier.ts';
import { REVISIONS } from '../cluster/kinds.ts';
import type { PolicyServer } from '../cluster/objects.ts';
import { objectName, POLICY_SERVER_LABEL } from '../desired/names.ts';
import { ownedBy } from '../desired/owned.ts';
import type { RevisedPolicy, Revision } from '../observe/history.ts';
import type { Context } from './context.ts';

/** `apps/v1` ControllerRevision, as far as ours. */
interface ControllerRevision extends KubeObject {
  readonly revision: number;
  readonly data?: { readonly policies?: Readonly<Record<string, RevisedPolicy>> };
}

export const KEPT_REVISIONS = 10;

/**
 * Remembers a revision in the cluster: which policies it had, by their hashes. A controller that starts anew knows from it
 * what pods serve that are not at the newest revision yet. Settings are not in it: the policies themselves are the place
 * to go back from.
 */
export async function recordRevision(
  context: Context,
  server: PolicyServer,
  revision: string,
  contents: Revision,
): Promise<void> {
  const known = await loadRevisions(context, server);
  const name = `${objectName(server.metadata.name)}-${revision}`;
  const newest = known.at(-1);
  if (newest?.metadata.name === name) return;
  const next = (newest?.revision ?? 0) + 1;
  const body: ControllerRevision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      namespace: context.options.namespace,
      name,
      labels: { [POLICY_SERVER_LABEL]: server.metadata.name },
      ownerReferences: ownedBy(server),
    },
    revision: next,
    data: { policies: Object.fromEntries(contents) },
  };
  const again = known.find(({ metadata }) => metadata.name === name);
  // Back to an earlier configuration: its record is written anew, with a number that says when.
  if (again !== undefined) await dropRevision(context, again);
  await create(context.client, REVISIONS, body, { fieldManager: FIELD_MANAGER });
  const all = [...known.filter((one) => one !== again), body];
  await Promise.all(all.slice(0, -KEPT_REVISIONS).map((old) => dropRevision(context, old)));
  context.revisions.set(server.metadata.name, all.slice(-KEPT_REVISIONS));
}

async function dropRevision({ client, options }: Context, { metadata }: ControllerRevision): Promise<void> {
  await remove(client, REVISIONS, { namespace: options.namespace, name: metadata.name }).catch((error: unknown) => {
    if (!isKubeError(error, 'not-found')) throw error;
  });
}

/** Revisions from the oldest to the newest; read once, as nobody else writes them. */
async function loadRevisions(context: Context, server: PolicyServer): Promise<readonly ControllerRevision[]> {
  const { client, options, revisions, history } = context;
  const { name } = server.metadata;
  const known = revisions.get(name);
  if (known !== undefined) return known as readonly ControllerRevision[];
  const found: ControllerRevision[] = [];
  const selection = {
    resource: REVISIONS,
    namespace: options.namespace,
    labelSelector: `${POLICY_SERVER_LABEL}=${name}`,
  };
  for await (const one of list<ControllerRevision>(client, selection)) found.push(one);
  const sorted = found.toSorted((a, b) => a.revision - b.revision);
  revisions.set(name, sorted);
  for (const { metadata, data } of sorted) {
    const hash = metadata.name.slice(objectName(name).length + 1);
    history.remember(name, hash, new Map(Object.entries(data?.policies ?? {})));
  }
  return sorted;
}
