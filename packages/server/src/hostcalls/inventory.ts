import { opaData } from '@ostiary/policy';
import type { DataDocument, HostAnswer, HostCall } from '@ostiary/sandbox';

/** The two shapes in which Rego policies see a cluster (contract: policy-server §9.3, §9.4). */
export type InventoryKind = 'opa' | 'gatekeeper';

/**
 * The question for a Rego policy's inventory. It travels as a host call does, so that answers are kept and shared in the
 * same way. No guest can ask it: a guest's calls have no such member.
 */
export interface InventoryCall extends HostCall {
  readonly inventory: InventoryKind;
}

const CALL = { binding: 'ostiary', namespace: 'rego', payload: new Uint8Array() };

export const INVENTORY_CALLS: Readonly<Record<InventoryKind, InventoryCall>> = {
  opa: { ...CALL, operation: 'opa', inventory: 'opa' },
  gatekeeper: { ...CALL, operation: 'gatekeeper', inventory: 'gatekeeper' },
};

export function isInventoryCall(call: HostCall): call is InventoryCall {
  return 'inventory' in call;
}

/** A Rego policy that sees the cluster, as plain data. */
export interface InventorySpec {
  readonly kind: InventoryKind;
  /** JSON text of an object. */
  readonly settings: string;
}

const encoder = new TextEncoder();
/** What the data document of OPA ends with when there are no objects. */
const NOTHING = '{}}';
const END = encoder.encode('}');

/** The data document of one guest, which follows the inventory. */
export class InventoryData {
  readonly #spec: InventorySpec;
  #inventory: Uint8Array | undefined;
  #document: DataDocument = { version: 0, bytes: encoder.encode('{}') };

  constructor(spec: InventorySpec) {
    this.#spec = spec;
  }

  get call(): InventoryCall {
    return INVENTORY_CALLS[this.#spec.kind];
  }

  get document(): DataDocument {
    return this.#document;
  }

  /** Takes the answer to {@link call}; or says why the guest must not run: without the objects it would miss them. */
  take(answer: HostAnswer): string | undefined {
    if (!answer.ok) return `can't see the cluster: ${answer.error}`;
    const { payload } = answer;
    // Between threads the same bytes come as another object.
    if (this.#inventory !== undefined && isSame(this.#inventory, payload)) return undefined;
    this.#inventory = payload;
    this.#document = { version: this.#document.version + 1, bytes: this.#around(payload) };
    return undefined;
  }

  #around(inventory: Uint8Array): Uint8Array {
    const { kind, settings } = this.#spec;
    if (kind === 'gatekeeper') return inventory;
    const head = encoder.encode(opaData(settings, []).slice(0, -NOTHING.length));
    return Buffer.concat([head, inventory, END]);
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one === other || (one.length === other.length && Buffer.compare(one, other) === 0);
}
