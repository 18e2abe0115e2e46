import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { create, isKubeError, patch, resource, type KubeClient } from '@ostiary/kube';
import { MODULE, type Loose, type Stack } from './stack.ts';

/** What most tests of the controller have in common: a policy, a server for it, and somebody who asks. */

export const CAPS = resource('policies.kubewarden.io/v1', 'ClusterAdmissionPolicy', 'clusteradmissionpolicies', {
  namespaced: false,
});
const CONFIG_MAPS = resource('v1', 'ConfigMap', 'configmaps');
const RULES = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }];

export function policyServer(name = 'default', replicas = 1): Loose {
  return {
    apiVersion: 'policies.kubewarden.io/v1',
    kind: 'PolicyServer',
    metadata: { name },
    spec: { image: 'ghcr.io/ostiary/ostiary:v1', replicas },
  };
}

/** Refuses ConfigMaps of a namespace that have an annotation. */
export function policy(name: string, annotation: string, namespace = 'shop', server = 'default'): Loose {
  return {
    apiVersion: 'policies.kubewarden.io/v1',
    kind: 'ClusterAdmissionPolicy',
    metadata: { name },
    spec: {
      policyServer: server,
      module: MODULE,
      mutating: false,
      rules: RULES,
      settings: { denied_annotations: [annotation] },
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    },
  };
}

/** What the API server says to a ConfigMap with these annotations; undefined: it may be made. */
export async function ask(
  client: KubeClient,
  annotations: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const metadata = { namespace: 'shop', generateName: 'x-', annotations };
  try {
    await create(client, CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata } as never, { dryRun: true });
    return undefined;
  } catch (error) {
    if (isKubeError(error, 'network', 'timeout', 'unavailable') && !error.message.includes('webhook')) return NOBODY;
    return isKubeError(error) ? error.message : String(error);
  }
}

/** There was no API server to ask. */
const NOBODY = 'no API server';

export interface Traffic {
  readonly asked: number;
  /** Requests that found no API server. */
  readonly unheard: number;
  /** Decisions that should have been others, and requests that got none. */
  readonly wrong: readonly string[];
  readonly stop: () => Promise<void>;
}

/** Asks again and again for something that must be allowed, and for something that the policy `always` must refuse. */
export function startTraffic(client: KubeClient): Traffic {
  const wrong: string[] = [];
  let asked = 0;
  let unheard = 0;
  const over = new AbortController();
  const run = (async () => {
    while (!over.signal.aborted) {
      const [good, bad] = [await ask(client, {}), await ask(client, { 'always-bad': 'x' })];
      asked += 2;
      // The machine is everybody's: what is asked here runs through every webhook there is.
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (good === NOBODY || bad === NOBODY) {
        unheard += 1;
        continue;
      }
      if (good !== undefined) wrong.push(`refused: ${good}`);
      if (bad === undefined || !bad.includes('always-bad')) wrong.push(`not refused: ${bad}`);
    }
  })();
  return {
    get asked() {
      return asked;
    },
    get unheard() {
      return unheard;
    },
    wrong,
    stop: async () => {
      over.abort();
      await run;
    },
  };
}

export function isActive(policyObject: Loose): boolean {
  return (
    policyObject?.status?.conditions?.some((one: Loose) => one.type === 'PolicyActive' && one.status === 'True') ===
      true && policyObject.status.observedGeneration === policyObject.metadata.generation
  );
}

/** What tests do to policies, and see of them. */
export interface Acts {
  /** Does it as soon as there is somebody to do it; what has been done before is done. */
  readonly write: (what: string, act: () => Promise<unknown>) => Promise<void>;
  /** Lets a policy refuse another annotation. */
  readonly settle: (name: string, annotation: string) => Promise<void>;
  /** Waits until a policy says that it is enforced, and is. */
  readonly isEnforced: (name: string, annotation: string) => Promise<void>;
  /** Traffic for as long as `act` takes; whatever happens, no decision of it may be wrong. */
  readonly underTraffic: (t: TestContext, act: () => Promise<void>) => Promise<void>;
}

export function createActs({ client, eventually, find }: Stack): Acts {
  const write: Acts['write'] = async (what, act) => {
    await eventually(`${what} to be written`, async () => {
      try {
        await act();
        return true;
      } catch (error) {
        if (isKubeError(error, 'already-exists', 'not-found')) return true;
        if (isKubeError(error)) return false;
        throw error;
      }
    });
  };
  return {
    write,
    settle: (name, annotation) =>
      write(name, () => patch(client, CAPS, { name }, { spec: { settings: { denied_annotations: [annotation] } } })),
    isEnforced: async (name, annotation) => {
      const path = `/apis/policies.kubewarden.io/v1/clusteradmissionpolicies/${name}`;
      await eventually(`${name} to be active`, async () => isActive(await find(path)));
      await eventually(`${annotation} to be refused by ${name}`, async () =>
        (await ask(client, { [annotation]: 'x' }))?.includes(annotation),
      );
    },
    underTraffic: async (t, act) => {
      const traffic = startTraffic(client);
      try {
        await act();
      } finally {
        await traffic.stop();
      }
      t.diagnostic(`${traffic.asked} requests meanwhile, of which ${traffic.unheard} found no API server`);
      assert.ok(traffic.asked > 20);
      assert.deepEqual(traffic.wrong.slice(0, 5), [], `${traffic.wrong.length} wrong`);
    },
  };
}
