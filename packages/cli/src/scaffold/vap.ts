import { parse } from 'yaml';

/** A JSON object of which nothing is known yet. */
export type Members = Readonly<Record<string, unknown>>;

/** A manifest that can't be converted. */
export class ConversionError extends Error {
  override readonly name = 'ConversionError';
  readonly code = 'conversion';
}

/** The object in a YAML file, which must be of this kind. */
export function readManifest(text: string, file: string, kind: string): Members {
  const value = members(parse(text));
  if (value['kind'] === kind) return value;
  throw new ConversionError(`${file}: expected a ${kind}, found ${JSON.stringify(value['kind'] ?? null)}`);
}

export interface VapInput {
  readonly policy: Members;
  readonly binding: Members;
  /** Reference of the module that evaluates CEL. */
  readonly module: string;
}

/**
 * The ClusterAdmissionPolicy that stands for a ValidatingAdmissionPolicy and its binding, and the fields that it can't
 * express. Contract: authoring §1.6.
 */
export function policyOfVap({ policy, binding, module }: VapInput): {
  readonly document: Members;
  readonly dropped: readonly string[];
} {
  const spec = members(policy['spec']);
  const bound = members(binding['spec']);
  const constraints = members(spec['matchConstraints']);
  const document = {
    apiVersion: 'policies.kubewarden.io/v1',
    kind: 'ClusterAdmissionPolicy',
    metadata: metadataOf(members(binding['metadata'])),
    spec: {
      module,
      settings: {
        ...present('failurePolicy', spec['failurePolicy']),
        ...paramsOf(spec, bound),
        ...present('variables', spec['variables']),
        ...present('validations', spec['validations']),
      },
      rules: rulesOf(constraints['resourceRules']),
      mutating: false,
      ...present('matchPolicy', constraints['matchPolicy']),
      ...present('namespaceSelector', members(bound['matchResources'])['namespaceSelector']),
      ...present('objectSelector', constraints['objectSelector']),
    },
  };
  return { document, dropped: ['auditAnnotations', 'matchConditions'].filter((field) => isGiven(spec[field])) };
}

/** Of the binding, without what an API server added. */
function metadataOf(metadata: Members): Members {
  return {
    ...present('name', metadata['name']),
    ...present('labels', metadata['labels']),
    ...present('annotations', metadata['annotations']),
  };
}

function paramsOf(spec: Members, bound: Members): Members {
  const [paramKind, paramRef] = [spec['paramKind'] ?? undefined, bound['paramRef'] ?? undefined];
  if ((paramKind === undefined) !== (paramRef === undefined)) {
    throw new ConversionError('paramKind of the policy and paramRef of the binding must be given together');
  }
  return { ...present('paramKind', paramKind), ...present('paramRef', paramRef) };
}

function rulesOf(rules: unknown): readonly Members[] {
  return list(rules).map((entry) => {
    const rule = members(entry);
    return Object.fromEntries(
      ['apiGroups', 'apiVersions', 'resources', 'operations', 'scope'].flatMap((key) =>
        isGiven(rule[key]) ? [[key, rule[key]]] : [],
      ),
    );
  });
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

function present(name: string, value: unknown): Members {
  return value === undefined || value === null ? {} : { [name]: value };
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function members(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
