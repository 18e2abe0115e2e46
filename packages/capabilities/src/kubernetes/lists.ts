import type { Fetched } from '../backend.ts';
import { CapabilityError } from '../errors.ts';
import { parseMask } from '../json/mask.ts';
import type { Versions } from '../contract.ts';
import type { ListFields } from '../request/request.ts';
import { resourceOf, type LazyAccess } from './access.ts';
import { listDocument } from './list-document.ts';
import type { Watch } from './watch.ts';
import type { Watches } from './watches.ts';

/** One list that is asked for. */
export interface ListQuestion {
  readonly fields: ListFields;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly policy: string;
  readonly signal: AbortSignal;
}

export interface ListContext {
  readonly access: LazyAccess;
  readonly watches: Watches;
  readonly versions: Versions;
}

/** The copy that a list is answered from. */
export async function watchFor({ access, watches }: ListContext, question: ListQuestion): Promise<Watch> {
  const { fields, namespace, policy, signal } = question;
  const opened = await access.open();
  const resource = await resourceOf(opened, fields);
  const { api_version, kind, label_selector, field_selector } = fields;
  if (namespace !== undefined && !resource.namespaced) {
    throw new CapabilityError(
      'invalid',
      `resource ${api_version}/${kind} is cluster wide. Cannot search for it inside of a namespace`,
    );
  }
  const selection = {
    resource,
    namespace,
    labelSelector: label_selector ?? undefined,
    fieldSelector: field_selector ?? undefined,
  };
  return watches.get(opened.client, selection, policy, signal);
}

/** Answers with a List, whose bytes are made once per change and mask (contract: policy-server §8.5). */
export async function answerList(context: ListContext, question: ListQuestion): Promise<Fetched> {
  const { fields, namespace } = question;
  const mask = parseMask(fields.field_masks);
  const watch = await watchFor(context, question);
  const version = context.versions.read(watch.slot);
  const payload = watch.document(JSON.stringify([namespace, mask?.key]), () => {
    const items = watch.items();
    // The copy may be of all namespaces.
    const wanted = namespace === undefined ? items : items.filter(({ metadata }) => metadata.namespace === namespace);
    return listDocument(fields, wanted, (item) => watch.pruned.textOf(item, mask));
  });
  return { payload, validity: { kind: 'version', slot: watch.slot, version } };
}
