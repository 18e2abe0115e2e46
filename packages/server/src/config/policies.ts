import { defaulted, list, mapping, object, optional, required } from './decode/collections.ts';
import {
  described,
  expected,
  INVALID,
  refuse,
  transformed,
  warn,
  type Context,
  type Decoder,
} from './decode/decoder.ts';
import { json } from './decode/json.ts';
import type { SourceNode } from './decode/node.ts';
import { boolean, nonEmptyString, oneOf, string } from './decode/scalars.ts';
import type {
  PoliciesConfig,
  PolicyConfig,
  PolicyGroupConfig,
  PolicyModuleConfig,
  SinglePolicyConfig,
} from './policy-types.ts';

/** An evaluation beyond an hour is of no use to anybody; timers end at 25 days. */
const MAX_TIMEOUT_SECONDS = 3600;

/** Whole seconds, in milliseconds. */
const seconds: Decoder<number> = {
  schema: { type: 'integer', minimum: 0 },
  decode(node, context) {
    const value = node.kind === 'scalar' ? node.value : undefined;
    if (typeof value !== 'bigint' || value < 0n) return expected('a whole number of seconds', node, context);
    if (value === 0n) warn(node, context, 'no time at all: every evaluation is interrupted');
    // The shortest limit there is stands for none at all.
    return Math.max(1, Number(value > MAX_TIMEOUT_SECONDS ? MAX_TIMEOUT_SECONDS : value) * 1000);
  },
};

/** The text of a JSON object. */
const settings: Decoder<string> = {
  schema: { type: 'object' },
  decode: (node, context) => (node.kind === 'map' ? json.decode(node, context) : expected('a mapping', node, context)),
};

const contextAwareResource = object({ apiVersion: required(string), kind: required(string) }, 'ignored');

const moduleFields = {
  module: required(described('Where the WebAssembly module is: a URL, a path, or an image reference.', nonEmptyString)),
  settings: defaulted(described('Handed to the policy with every request.', settings), '{}'),
  contextAwareResources: defaulted(
    described('Kinds of objects that the policy may see.', list(contextAwareResource)),
    [],
  ),
  hostCapabilities: defaulted(described('What the policy may ask of its host, such as oci/*.', list(string)), []),
  timeoutEvalSeconds: optional(described('The deadline of one evaluation.', seconds)),
} as const;

const mode = defaulted(
  described('`monitor` only reports what it would have rejected.', oneOf('protect', 'monitor')),
  'protect',
);

interface ModuleFields {
  readonly timeoutEvalSeconds: number | undefined;
}

function placed<T extends ModuleFields>(
  { timeoutEvalSeconds, ...rest }: T,
  node: SourceNode,
  context: Context,
): Omit<T, 'timeoutEvalSeconds'> & Pick<PolicyModuleConfig, 'timeoutMs' | 'position'> {
  return { ...rest, timeoutMs: timeoutEvalSeconds, position: positionOf(node, context) };
}

function positionOf(node: SourceNode, { source }: Context): string {
  const { line, column } = source.position(node.offset);
  return `${source.file}:${line}:${column}`;
}

const policy: Decoder<SinglePolicyConfig> = transformed(
  object(
    {
      ...moduleFields,
      policyMode: mode,
      allowedToMutate: defaulted(described('Whether its changes reach the API server.', boolean), false),
      message: optional(described('Told to clients in place of the policy’s own message.', string)),
    },
    'ignored',
  ),
  ({ policyMode, ...fields }, node, context) => ({
    kind: 'policy',
    mode: policyMode,
    ...placed(fields, node, context),
  }),
);

/** Unknown keys are refused here, as the original does; at the entries they are not. */
const member: Decoder<PolicyModuleConfig> = transformed(object(moduleFields), placed);

const group: Decoder<PolicyGroupConfig> = transformed(
  object(
    {
      policyMode: mode,
      expression: required(described('Which members have to accept, such as a() || b().', string)),
      message: required(described('Told to clients whose request is rejected.', string)),
      policies: required(described('The members by name.', mapping(member, checkName))),
    },
    'ignored',
  ),
  ({ policyMode, policies, expression, message }, node, context) => ({
    kind: 'group',
    mode: policyMode,
    expression,
    message,
    members: policies,
    position: positionOf(node, context),
  }),
);

/** An entry with `module` is a policy, one without it is a group. */
const entry: Decoder<PolicyConfig> = {
  schema: { anyOf: [policy.schema, group.schema] },
  decode(node, context) {
    if (node.kind !== 'map') return expected('a mapping', node, context);
    const has = (name: string): boolean => node.entries.some(({ key }) => key.kind === 'scalar' && key.value === name);
    if (has('module')) return policy.decode(node, context);
    if (has('policies') || has('expression')) return group.decode(node, context);
    const found = has('url') ? ', found `url`, which is called `module` now' : ', found neither';
    return refuse(node, context, `expected a policy with \`module\` or a group with \`policies\`${found}`);
  },
};

function checkName(name: string, key: SourceNode, context: Context): void {
  if (name === '') refuse(key, context, 'Not a valid Policy ID: ');
  if (name.includes('/')) refuse(key, context, `policy name '${name.slice(0, 128)}' contains a '/' character`);
}

/** The file of `--policies`: a map from ids to policies and groups (contract: policy-server §2). */
export const policiesFile: Decoder<PoliciesConfig> = mapping(entry, checkName);

/** `{}`, which a controller writes for a server without policies, is no problem; nothing at all is one. */
export function decodePolicies(root: SourceNode, context: Context): PoliciesConfig | undefined {
  const decoded = policiesFile.decode(root, context);
  return decoded === INVALID ? undefined : decoded;
}
