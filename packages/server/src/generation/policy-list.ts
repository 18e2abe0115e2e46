import { shownUrl } from './module-url.ts';
import { policyError, type GenerationSpec, type Loaded, type PolicySpec } from './spec.ts';

/** A policy as it is told of: never its settings. */
export interface PolicyListEntry {
  readonly id: string;
  /** How it is talked to, or that it is a group; undefined as long as its module is not there to say. */
  readonly kind: 'wapc' | 'wasi' | 'opa' | 'gatekeeper' | 'group' | undefined;
  readonly mode: 'protect' | 'monitor';
  readonly state: 'ready' | 'failed';
  /** Why it fails, or why a newer version of it does not serve. */
  readonly error?: string | undefined;
  /** As configured; groups have none. */
  readonly module?: string | undefined;
  /** `sha256:…` of the module that serves. */
  readonly digest?: string | undefined;
  /** It has cost threads, and is not run any more. */
  readonly quarantined?: true | undefined;
  readonly members?: readonly (Pick<
    PolicyListEntry,
    'kind' | 'state' | 'error' | 'module' | 'digest' | 'quarantined'
  > & {
    readonly name: string;
  })[];
}

/** Every policy of a generation, in the order of the file. */
export function policyList(
  spec: GenerationSpec,
  isQuarantined: (key: number) => boolean = () => false,
): PolicyListEntry[] {
  return [...(spec.policies?.values() ?? [])].map((policy) => entryOf(policy, isQuarantined));
}

function entryOf(policy: PolicySpec, isQuarantined: (key: number) => boolean): PolicyListEntry {
  const { id, mode, refused } = policy;
  const failure = policyError(policy);
  const error = failure ?? (refused === undefined ? undefined : `a newer version is refused: ${refused}`);
  const state = failure === undefined ? 'ready' : 'failed';
  if (policy.kind === 'policy') {
    return { id, mode, ...moduleOf(policy.url, policy.loaded, isQuarantined), ...(error !== undefined && { error }) };
  }
  const members = [...policy.members].map(([name, member]) => ({
    name,
    ...moduleOf(member.url, member.loaded, isQuarantined),
  }));
  return { id, mode, kind: 'group', state, ...(error !== undefined && { error }), members };
}

function moduleOf(
  url: string,
  loaded: Loaded,
  isQuarantined: (key: number) => boolean,
): Pick<PolicyListEntry, 'kind' | 'state' | 'error' | 'module' | 'digest' | 'quarantined'> {
  const module = shownUrl(url);
  if (loaded.state === 'failed') return { kind: undefined, state: 'failed', error: loaded.error, module };
  const { kind, digest, guest } = loaded.module;
  return {
    kind,
    state: 'ready',
    module,
    digest: `sha256:${digest}`,
    ...(isQuarantined(guest.key) && { quarantined: true }),
  };
}
