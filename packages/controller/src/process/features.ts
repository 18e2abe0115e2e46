import { isKubeError, type Discovery, type KubeClient } from '@ostiary/kube';
import type { ModuleKind } from '../api/names.ts';
import { MODULE_KINDS, MODULE_RESOURCES, POLICY_RESOURCES, POLICY_SERVERS } from '../cluster/kinds.ts';

/** What this API server can do. */
export interface Features {
  readonly hasMatchConditions: boolean;
  readonly moduleKinds: readonly ModuleKind[];
  /** Plurals of the kinds without which there is nothing to do; empty if all are there. */
  readonly missing: readonly string[];
}

const ADMISSION_DOCUMENT = '/openapi/v3/apis/admissionregistration.k8s.io/v1';

/** Asks once, at the start. Throws KubeError when the API server can't be asked. */
export async function readFeatures(client: KubeClient, discovery: Discovery): Promise<Features> {
  await discovery.refresh();
  const all = await discovery.all();
  const serves = (wanted: { readonly group: string; readonly version: string; readonly plural: string }): boolean =>
    all.some(
      ({ group, version, plural }) => group === wanted.group && version === wanted.version && plural === wanted.plural,
    );
  const wanted = [POLICY_SERVERS, ...Object.values(POLICY_RESOURCES)];
  return {
    hasMatchConditions: await knowsMatchConditions(client),
    moduleKinds: MODULE_KINDS.filter((kind) => serves(MODULE_RESOURCES[kind])),
    missing: wanted.filter((one) => !serves(one)).map(({ plural, group }) => `${plural}.${group}`),
  };
}

/** API servers before 1.27 refuse a webhook with match conditions. */
async function knowsMatchConditions(client: KubeClient): Promise<boolean> {
  try {
    const { body } = await client.request({ path: ADMISSION_DOCUMENT });
    return Buffer.from(body).includes('"matchConditions"');
  } catch (error) {
    if (isKubeError(error, 'not-found', 'not-acceptable', 'forbidden')) return false;
    throw error;
  }
}
