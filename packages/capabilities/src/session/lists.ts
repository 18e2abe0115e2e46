import type { Backend } from '../backend.ts';
import type { ResourceKind } from '../contract.ts';
import { CapabilityError } from '../errors.ts';
import { parsePayload } from '../request/decode.ts';
import type { ListedKind } from '../inventory/document.ts';
import { isArrayText, readElements, readMembers } from '../json/text.ts';

/** A slot of no list: what a session says never changes. */
const NO_SLOT = -1;

/** All objects of a kind by asking for their list and plural name, as sessions have them. */
export async function listedBy(
  backend: Backend,
  { apiVersion, kind }: ResourceKind,
  policy: string,
  signal: AbortSignal,
): Promise<ListedKind> {
  const fields = { api_version: apiVersion, kind };
  const unselected = { label_selector: null, field_selector: null, field_masks: null };
  const list = await backend.ask(
    { tag: 'KubernetesListResourceAll', fields: { ...fields, ...unselected } },
    { policy },
    signal,
  );
  const name = await backend.ask({ tag: 'KubernetesGetResourcePluralName', fields }, { policy }, signal);
  const plural = parsePayload(name.payload);
  if (typeof plural !== 'string') throw new CapabilityError('replay', `the plural name of ${kind} is not a text`);
  const listed = readMembers(list.payload).find(({ name }) => name === 'items')?.value;
  const elements = listed !== undefined && isArrayText(listed) ? readElements(listed) : [];
  const items = elements.map((json) => ({ ...nameOf(json), json }));
  return {
    apiVersion,
    kind,
    plural,
    namespaced: items.some(({ namespace }) => namespace !== undefined),
    items,
    slot: NO_SLOT,
  };
}

function nameOf(json: Uint8Array): { readonly name: string; readonly namespace: string | undefined } {
  const object = parsePayload(json) as {
    readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown };
  };
  const { name, namespace } = object.metadata ?? {};
  if (typeof name !== 'string') throw new CapabilityError('replay', 'an object of a list has no name');
  return { name, namespace: typeof namespace === 'string' ? namespace : undefined };
}
