import type { JsonObject, JsonValue, Rule } from '@ostiary/policy';
import { parseDocuments, type Document } from '../request/documents.ts';
import { isObject, memberAt, nameOf, textAt } from '../request/value.ts';
import { EvaluateError } from './errors.ts';
import type { Grants } from './host.ts';
import { settingsText } from './settings.ts';

/** A module as a custom resource names it. */
export interface ModuleEntry {
  /** An address, a path, or an image. */
  readonly module: string;
  /** JSON text. */
  readonly settings: string;
  readonly contextAwareResources: Grants['contextAwareResources'];
}

interface Common {
  /** `metadata.name`. */
  readonly id: string;
  readonly mode: 'protect' | 'monitor';
  /** Of the file. */
  readonly source: string;
  /** What it is meant for; undefined when it does not say. */
  readonly rules: readonly Rule[] | undefined;
}

/** A policy of a file of custom resources: as much of it as an evaluation needs. */
export type PolicyResource =
  | (Common & {
      readonly type: 'policy';
      readonly entry: ModuleEntry;
      readonly mutating: boolean;
      readonly message: string | undefined;
    })
  | (Common & {
      readonly type: 'group';
      readonly expression: string;
      readonly message: string;
      readonly members: ReadonlyMap<string, ModuleEntry>;
    });

const API = 'policies.kubewarden.io/v1';
const KINDS: ReadonlyMap<string, { readonly group: boolean; readonly cluster: boolean }> = new Map([
  ['AdmissionPolicy', { group: false, cluster: false }],
  ['AdmissionPolicyGroup', { group: true, cluster: false }],
  ['ClusterAdmissionPolicy', { group: false, cluster: true }],
  ['ClusterAdmissionPolicyGroup', { group: true, cluster: true }],
]);

/** What any policy may say; most of it is for the API server and not looked at here. */
const SHARED =
  'policyServer rules failurePolicy matchPolicy objectSelector namespaceSelector matchConditions sideEffects timeoutSeconds backgroundAudit mode message';
const SINGLE = new Set(
  `${SHARED} module settings mutating contextAwareResources timeoutEvalSeconds allowInsideAdmissionControllerNamespace`.split(
    ' ',
  ),
);
const GROUP = new Set(`${SHARED} policies expression`.split(' '));
const MEMBER = new Set('module settings contextAwareResources timeoutEvalSeconds'.split(' '));

/**
 * The policies of a file of Kubewarden's custom resources (contract: authoring §1.4.11). Throws EvaluateError
 * `bad-definition`, which names the field.
 */
export async function parsePolicyResources(text: string, file: string): Promise<readonly PolicyResource[]> {
  const documents = await parseDocuments(text, file);
  if (documents.length === 0) throw bad(file, 'there is no policy in it');
  return documents.map(policyOf);
}

function policyOf({ source, value }: Document): PolicyResource {
  const kind = KINDS.get(textAt(value, 'kind') ?? '');
  if (!isObject(value) || textAt(value, 'apiVersion') !== API || !kind) {
    throw bad(source, `expected a policy: apiVersion ${API} and kind ${[...KINDS.keys()].join(', ')}`);
  }
  const spec = memberAt(value, 'spec');
  if (!isObject(spec)) throw bad(source, `spec: expected an object, found ${nameOf(spec)}`);
  checkMembers(spec, kind.group ? GROUP : SINGLE, source, 'spec');
  const common: Common = {
    id: textAt(value, 'metadata', 'name') ?? 'crd-without-name',
    mode: modeOf(spec, source),
    source,
    rules: rulesOf(memberAt(spec, 'rules'), source),
  };
  if (kind.group) return { ...common, type: 'group', ...groupOf(spec, source, kind.cluster) };
  const entry = entryOf(spec, source, 'spec', kind.cluster);
  const mutating = memberAt(spec, 'mutating') ?? false;
  if (typeof mutating !== 'boolean') throw bad(source, `spec.mutating: expected a boolean, found ${nameOf(mutating)}`);
  return { ...common, type: 'policy', entry, mutating, message: textAt(spec, 'message') };
}

function groupOf(
  spec: JsonObject,
  source: string,
  cluster: boolean,
): { readonly expression: string; readonly message: string; readonly members: ReadonlyMap<string, ModuleEntry> } {
  const policies = memberAt(spec, 'policies');
  if (!isObject(policies) || Object.keys(policies).length === 0) {
    throw bad(source, `spec.policies: expected at least one policy by name, found ${nameOf(policies)}`);
  }
  const members = Object.entries(policies).map(([name, member]): [string, ModuleEntry] => {
    const path = `spec.policies.${name}`;
    if (!isObject(member)) throw bad(source, `${path}: expected an object, found ${nameOf(member)}`);
    checkMembers(member, MEMBER, source, path);
    return [name, entryOf(member, source, path, cluster)];
  });
  return {
    expression: required(spec, 'expression', source),
    message: required(spec, 'message', source),
    members: new Map(members),
  };
}

function entryOf(spec: JsonObject, source: string, path: string, cluster: boolean): ModuleEntry {
  const module = textAt(spec, 'module');
  if (module === undefined || module === '') throw bad(source, `${path}.module: expected where the module is`);
  const settings = memberAt(spec, 'settings');
  return {
    module,
    settings: settingsText(settings, `${source}: ${path}.settings`),
    // Policies of a namespace may not look at the cluster.
    contextAwareResources: cluster ? resourcesOf(memberAt(spec, 'contextAwareResources'), source, path) : [],
  };
}

function resourcesOf(value: JsonValue | undefined, source: string, path: string): Grants['contextAwareResources'] {
  const list = value ?? [];
  if (!Array.isArray(list)) throw bad(source, `${path}.contextAwareResources: expected a list, found ${nameOf(list)}`);
  return list.map((item, index) => {
    const apiVersion = textAt(item, 'apiVersion');
    const kind = textAt(item, 'kind');
    if (apiVersion !== undefined && kind !== undefined) return { apiVersion, kind };
    throw bad(source, `${path}.contextAwareResources[${index}]: expected apiVersion and kind`);
  });
}

function rulesOf(value: JsonValue | undefined, source: string): readonly Rule[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw bad(source, `spec.rules: expected a list, found ${nameOf(value)}`);
  return value.map((rule, index) => {
    const words = (name: string): readonly string[] =>
      wordsOf(memberAt(rule, name), source, `spec.rules[${index}].${name}`);
    return {
      operations: words('operations'),
      apiGroups: words('apiGroups'),
      apiVersions: words('apiVersions'),
      resources: words('resources'),
      ...(textAt(rule, 'scope') !== undefined && { scope: textAt(rule, 'scope')! }),
    };
  });
}

function wordsOf(value: JsonValue | undefined, source: string, path: string): readonly string[] {
  const isWords = Array.isArray(value) && value.every((word): word is string => typeof word === 'string');
  if (isWords) return value;
  throw bad(source, `${path}: expected a list of texts, found ${nameOf(value)}`);
}

function modeOf(spec: JsonObject, source: string): 'protect' | 'monitor' {
  const mode = memberAt(spec, 'mode') ?? 'protect';
  if (mode === 'protect' || mode === 'monitor') return mode;
  throw bad(source, 'spec.mode: expected protect or monitor');
}

function required(spec: JsonObject, name: string, source: string): string {
  const text = textAt(spec, name);
  if (text !== undefined) return text;
  throw bad(source, `spec.${name}: expected a text, found ${nameOf(memberAt(spec, name))}`);
}

function checkMembers(object: JsonObject, known: ReadonlySet<string>, source: string, path: string): void {
  const unknown = Object.keys(object).find((name) => !known.has(name));
  if (unknown !== undefined) throw bad(source, `${path}: unknown field \`${unknown}\``);
}

function bad(source: string, cause: string): EvaluateError {
  return new EvaluateError('bad-definition', `${source}: ${cause}`);
}
