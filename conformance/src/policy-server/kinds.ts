import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RECIPES } from '../build/recipes.ts';
import { modulePath, whyNotBuilt } from '../build/state.ts';
import { findRegoGuests } from '../rego/places.ts';
import { findSdkGuests } from '../sdk-guests.ts';
import { withMetadata } from './guests.ts';

// Policies of every kind, built by their own toolchains, beside the ones that are put together byte by byte.

export type KindName = 'as' | 'rust-sdk' | 'go-sdk' | 'c' | 'opa' | 'gatekeeper' | 'answers' | 'lacking';

export type KindModule = { readonly bytes: Uint8Array } | { readonly missing: string };

const EXAMPLE = fileURLToPath(
  new URL('../../../examples/safe-annotations/build/safe-annotations.wasm', import.meta.url),
);
const METADATA = { rules: [], mutating: false, contextAwareResources: [], annotations: {} };
const WASI = { ...METADATA, executionMode: 'wasi' };
const WAPC = { ...METADATA, executionMode: 'kubewarden-wapc', protocolVersion: 'v1' };

/** Their modules with metadata, or why they are not there. The one in AssemblyScript is after `npm run build`. */
export function kindModules(): Readonly<Record<KindName, KindModule>> {
  const sdk = (name: 'rust-sdk' | 'go-sdk', metadata: object): KindModule => {
    const found = findSdkGuests().find((each) => each.name === name) ?? { missing: `${name} has no recipe` };
    return 'missing' in found ? { missing: found.missing } : read(found.path, metadata);
  };
  const rego = findRegoGuests();
  const policy = (name: 'opa' | 'gatekeeper' | 'answers' | 'lacking'): KindModule =>
    'missing' in rego
      ? { missing: rego.missing }
      : read(rego[name], { ...METADATA, executionMode: name === 'gatekeeper' ? 'gatekeeper' : 'opa' });
  return {
    as: read(EXAMPLE),
    'rust-sdk': sdk('rust-sdk', WAPC),
    'go-sdk': sdk('go-sdk', WASI),
    c: command(),
    opa: policy('opa'),
    gatekeeper: policy('gatekeeper'),
    answers: policy('answers'),
    lacking: policy('lacking'),
  };
}

function command(): KindModule {
  const recipe = RECIPES.find(({ name }) => name === 'c');
  const missing = recipe ? whyNotBuilt(recipe) : 'C has no recipe';
  return missing !== undefined || !recipe ? { missing: missing ?? '' } : read(modulePath(recipe, 'policy'), WASI);
}

function read(path: string, metadata?: object): KindModule {
  const bytes = readFileSync(path);
  return { bytes: metadata === undefined ? bytes : withMetadata(bytes, metadata) };
}

/** Every file that a kind's policies need, and why it is not there. */
export function missingKinds(): Readonly<Partial<Record<KindName, string>>> {
  return Object.fromEntries(
    Object.entries(kindModules()).flatMap(([name, module]) => ('missing' in module ? [[name, module.missing]] : [])),
  );
}

/** Policies of the modules that are there; `at` gives the URL of a module. */
export function kindPolicies(there: ReadonlySet<string>, at: (module: string) => string): object {
  const command = (settings: object, more: object = {}): object => ({ module: at('c'), settings, ...more });
  const all: readonly (readonly [kind: KindName, id: string, policy: object])[] = [
    [
      'as',
      'as',
      { module: at('as'), settings: { denied_annotations: ['forbidden'], mandatory_annotations: ['owner'] } },
    ],
    ['as', 'as-picky', { module: at('as'), settings: { surprise: true } }],
    ['rust-sdk', 'rust', { module: at('rust-sdk'), settings: { label: 'team' } }],
    ['rust-sdk', 'rust-picky', { module: at('rust-sdk'), settings: { label: '' } }],
    ['go-sdk', 'go', { module: at('go-sdk'), settings: { label: 'team' } }],
    ['go-sdk', 'go-picky', { module: at('go-sdk'), settings: { label: '' } }],
    ['c', 'c-yes', command({ answer: { accepted: true, warnings: ['careful'], audit_annotations: { a: 'b' } } })],
    ['c', 'c-no', command({ answer: { accepted: false, message: 'no', code: 418 } })],
    [
      'c',
      'c-mutates',
      command({ answer: { accepted: true, mutated_object: { kind: 'Pod', metadata: {} } } }, { allowedToMutate: true }),
    ],
    ['c', 'c-exits', command({ complaint: 'out of luck ', exit: 3 })],
    ['c', 'c-exits-mute', command({ exit: 3 })],
    ['c', 'c-exits-0', command({ answer: { accepted: true }, complaint: 'just saying', exit: 0 })],
    ['c', 'c-traps', command({ complaint: 'oh', trap: true })],
    ['c', 'c-garbage', command({ text: 'accepted' })],
    ['c', 'c-silent', command({})],
    ['c', 'c-spins', command({ spin: true }, { timeoutEvalSeconds: 1 })],
    ['c', 'c-picky', command({ verdict: { valid: false, message: 'too picky' } })],
    ['opa', 'opa', { module: at('opa'), settings: { registries: ['ghcr.io'] } }],
    ['opa', 'opa-unset', { module: at('opa') }],
    ['gatekeeper', 'gatekeeper', { module: at('gatekeeper'), settings: { labels: ['team'] } }],
    ['gatekeeper', 'not-gatekeeper', { module: at('opa-as-gatekeeper') }],
    ['answers', 'answers', { module: at('answers') }],
    ['lacking', 'lacking', { module: at('lacking') }],
  ];
  return Object.fromEntries(all.flatMap(([kind, id, policy]) => (there.has(kind) ? [[id, policy]] : [])));
}

/** The modules by file name: those of the kinds that are there, and an OPA policy that says it is Gatekeeper's. */
export function kindFiles(): Readonly<Record<string, Uint8Array>> {
  const found = Object.entries(kindModules()).flatMap(([name, module]) =>
    'bytes' in module ? [[name, module.bytes] as const] : [],
  );
  const rego = findRegoGuests();
  const odd = 'missing' in rego ? {} : { 'opa-as-gatekeeper': gatekeeperOf(readFileSync(rego.opa)) };
  return { ...Object.fromEntries(found), ...odd };
}

function gatekeeperOf(module: Uint8Array): Uint8Array {
  return withMetadata(module, { ...METADATA, executionMode: 'gatekeeper' });
}
