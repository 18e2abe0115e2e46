import {
  EXECUTION_MODES,
  OPERATIONS,
  POLICY_TYPES,
  PROTOCOL_VERSIONS,
  type ContextAwareResource,
  type PolicyMetadata,
  type PolicyRule,
} from './policy-metadata.ts';
import { checkOperations, checkResources, checkVersions } from './rules.ts';
import { booleanOf, choiceOf, fieldsOf, isNothing, itemsOf, requiredField, stringMapOf, textOf } from './fields.ts';
import { refuse, type Place } from './yaml.ts';

type Fields = ReadonlyMap<string, Place>;

/**
 * Turns a document into metadata. What a module carries has been checked when it was annotated, perhaps by another
 * version of another tool, so only its shape matters (`strict` false); a file that is being written has to keep all rules.
 */
export function decodeMetadata(root: Place, strict: boolean): PolicyMetadata | undefined {
  const fields = fieldsOf(root);
  if (fields === undefined) return undefined;
  const rulesPlace = requiredField(root, fields, 'rules');
  const rules = rulesPlace && listOf(rulesPlace, (item) => decodeRule(item, strict));
  const mutatingPlace = requiredField(root, fields, 'mutating');
  const mutating = mutatingPlace && booleanOf(mutatingPlace);
  const protocolVersion = optional(fields, 'protocolVersion', (place) => choiceOf(place, PROTOCOL_VERSIONS));
  const annotations = optional(fields, 'annotations', stringMapOf);
  const hostCapabilities = optional(fields, 'hostCapabilities', (place) => listOf(place, textOf));
  const minimumKubewardenVersion = optional(fields, 'minimumKubewardenVersion', readVersion);
  const resources = optional(fields, 'contextAwareResources', (place) =>
    listOf(place, (item) => decodeResource(item, strict)),
  );
  const rest = {
    backgroundAudit: optional(fields, 'backgroundAudit', booleanOf) ?? true,
    executionMode: optional(fields, 'executionMode', (place) => choiceOf(place, EXECUTION_MODES)) ?? 'kubewarden-wapc',
    policyType: optional(fields, 'policyType', (place) => choiceOf(place, POLICY_TYPES)) ?? 'kubernetes',
  } as const;
  if (rules === undefined || mutating === undefined) return undefined;
  return {
    ...(protocolVersion === undefined ? {} : { protocolVersion }),
    rules,
    ...(annotations === undefined ? {} : { annotations }),
    mutating,
    ...rest,
    contextAwareResources: sortedResources(resources ?? []),
    ...(hostCapabilities === undefined ? {} : { hostCapabilities: [...new Set(hostCapabilities)].toSorted() }),
    ...(minimumKubewardenVersion === undefined ? {} : { minimumKubewardenVersion }),
  };
}

/** A field that may be missing or null. */
function optional<T>(fields: Fields, name: string, read: (place: Place) => T | undefined): T | undefined {
  const place = fields.get(name);
  return isNothing(place) ? undefined : read(place);
}

function listOf<T>(place: Place, read: (item: Place) => T | undefined): readonly T[] | undefined {
  return itemsOf(place)
    ?.map(read)
    .filter((item) => item !== undefined);
}

function decodeRule(place: Place, strict: boolean): PolicyRule | undefined {
  const fields = fieldsOf(place);
  if (fields === undefined) return undefined;
  const texts = (name: string): readonly string[] | undefined => {
    const list = requiredField(place, fields, name);
    return list && listOf(list, textOf);
  };
  const [apiGroups, apiVersions, resources] = [texts('apiGroups'), texts('apiVersions'), texts('resources')];
  const operationsPlace = requiredField(place, fields, 'operations');
  const operations = operationsPlace && listOf(operationsPlace, (item) => choiceOf(item, OPERATIONS));
  if (apiGroups === undefined || apiVersions === undefined || resources === undefined || operations === undefined) {
    return undefined;
  }
  const rule = { apiGroups, apiVersions, resources, operations };
  if (strict) checkRule(rule, fields);
  return rule;
}

function checkRule(rule: PolicyRule, fields: Fields): void {
  const report = (name: keyof PolicyRule, problems: readonly string[]): void => {
    const place = fields.get(name);
    if (place !== undefined) for (const problem of problems) refuse(place, problem);
  };
  report('apiGroups', checkVersions(rule.apiGroups, 'group', true));
  report('apiVersions', checkVersions(rule.apiVersions, 'version', false));
  report('resources', checkResources(rule.resources));
  report('operations', checkOperations(rule.operations));
}

function decodeResource(place: Place, strict: boolean): ContextAwareResource | undefined {
  const fields = fieldsOf(place);
  if (fields === undefined) return undefined;
  const text = (name: string): string | undefined => {
    const found = requiredField(place, fields, name);
    const value = found && textOf(found);
    return strict && found !== undefined && value === '' ? refuse(found, 'expected some text, found none') : value;
  };
  const [apiVersion, kind] = [text('apiVersion'), text('kind')];
  return apiVersion === undefined || kind === undefined ? undefined : { apiVersion, kind };
}

/** The format calls it a set: each resource once, in a fixed order. */
function sortedResources(resources: readonly ContextAwareResource[]): readonly ContextAwareResource[] {
  const keyed = new Map(resources.map((resource) => [`${resource.apiVersion}\n${resource.kind}`, resource]));
  return [...keyed.entries()].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, resource]) => resource);
}

/** Numbers without leading zeros, then what semantic versions allow after them. */
const SEMVER =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/** True for `1.2.3` and `1.2.3-rc.1+build`. */
export function isSemver(text: string): boolean {
  return text.length <= 256 && SEMVER.test(text);
}

function readVersion(place: Place): string | undefined {
  const text = textOf(place);
  if (text === undefined || isSemver(text)) return text;
  return refuse(place, `expected a version such as 1.2.3, found ${JSON.stringify(text.slice(0, 40))}`);
}
