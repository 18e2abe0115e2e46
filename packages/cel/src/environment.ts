import { joinTables, free, type FunctionTable } from './library/define.ts';
import { AUTHORIZATION, AUTHORIZER } from './library/authorizer.ts';
import { CONVERSIONS } from './library/conversions.ts';
import { NAMED_FORMATS } from './library/formats.ts';
import { LISTS } from './library/lists.ts';
import { NETWORK } from './library/network.ts';
import { EQUALITY, OPERATORS } from './library/operators.ts';
import { OPTIONALS } from './library/optionals.ts';
import { QUANTITIES } from './library/quantity.ts';
import { REGEX } from './library/regex.ts';
import { STRINGS } from './library/strings.ts';
import { TIME } from './library/time.ts';
import { WEB } from './library/web.ts';
import { BOOL, DYN, listOf, mapOf, objectType, STRING, type Type } from './types.ts';
import type { Value } from './value.ts';

/** What an expression may name. Environments are values; make a new one with `withVariables` to add to it. */
export interface Environment {
  readonly variables: ReadonlyMap<string, Type>;
  readonly functions: FunctionTable;
  /** Parts of the language that are neither variables nor functions. */
  readonly constructs: ReadonlySet<string>;
  readonly macros: boolean;
}

/** Parts of the language that the API server has, too. */
const COMMON_CONSTRUCTS = ['has', '&&', '||', '?:', 'index', 'select', 'list', 'map', 'types'] as const;

const CONSTRUCTS: ReadonlySet<string> = new Set([...COMMON_CONSTRUCTS, 'cel.bind']);

/**
 * What the API server's compiler is stricter about than the language: elements of a list or map literal have one type,
 * and literals that are durations, timestamps, patterns and formats are looked at before anything is evaluated.
 */
const KUBERNETES_CONSTRUCTS: ReadonlySet<string> = new Set([...COMMON_CONSTRUCTS, 'one-type', 'checked-literals']);

/** Extensions of the language that the API server does not have. */
const FOREIGN: ReadonlySet<string> = new Set(['base64.encode', 'base64.decode', 'reverse']);

const FUNCTIONS = joinTables(
  OPERATORS,
  CONVERSIONS,
  TIME,
  STRINGS,
  REGEX,
  LISTS,
  OPTIONALS,
  QUANTITIES,
  NETWORK,
  WEB,
  NAMED_FORMATS,
);

/** The language with its standard functions, the extensions and libraries of Kubernetes, and no variables. */
export const STANDARD: Environment = {
  variables: new Map(),
  functions: FUNCTIONS,
  constructs: CONSTRUCTS,
  macros: true,
};

export function withVariables(environment: Environment, variables: Readonly<Record<string, Type>>): Environment {
  return { ...environment, variables: new Map([...environment.variables, ...Object.entries(variables)]) };
}

const KIND = { group: STRING, version: STRING, kind: STRING };
const RESOURCE = { group: STRING, version: STRING, resource: STRING };

/** The members of an AdmissionRequest that expressions may read: neither uid nor the objects. */
const REQUEST: Type = objectType('kubernetes.AdmissionRequest', {
  kind: objectType('kubernetes.GroupVersionKind', KIND),
  resource: objectType('kubernetes.GroupVersionResource', RESOURCE),
  subResource: STRING,
  requestKind: objectType('kubernetes.GroupVersionKind', KIND),
  requestResource: objectType('kubernetes.GroupVersionResource', RESOURCE),
  requestSubResource: STRING,
  name: STRING,
  namespace: STRING,
  operation: STRING,
  userInfo: objectType('kubernetes.UserInfo', {
    username: STRING,
    uid: STRING,
    groups: listOf<Value>(STRING),
    extra: mapOf(STRING, listOf<Value>(STRING)),
  }),
  dryRun: BOOL,
  options: DYN,
});

/**
 * What the match conditions of an admission webhook see: `object`, `oldObject`, `request` and `authorizer`
 * (contract: controller §2.2). There are no `params`.
 */
export const MATCH_CONDITIONS: Environment = {
  ...withVariables(STANDARD, { object: DYN, oldObject: DYN, request: REQUEST, authorizer: AUTHORIZER }),
  functions: joinTables(Object.fromEntries([...FUNCTIONS].filter(([name]) => !FOREIGN.has(name))), AUTHORIZATION),
  constructs: KUBERNETES_CONSTRUCTS,
};

/**
 * What the expression of a policy group sees: `==`, `!=`, `||`, `&&`, `!` and one function without arguments per
 * member (contract: controller §2.3). `results` answers for a member when the expression is evaluated.
 */
export function groupEnvironment(
  members: readonly string[],
  results: (member: string) => boolean = () => false,
): Environment {
  const functions = members.map((name) => [name, [free([], BOOL, () => results(name))]] as const);
  return {
    variables: new Map(),
    functions: joinTables(EQUALITY, Object.fromEntries(functions)),
    constructs: new Set(['&&', '||']),
    macros: false,
  };
}
