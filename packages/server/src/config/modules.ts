import { posix } from 'node:path';
import { defaulted, list, object, optional, required } from './decode/collections.ts';
import { described, transformed, warn, type Context, type Decoder } from './decode/decoder.ts';
import { duration } from './decode/duration.ts';
import { json } from './decode/json.ts';
import type { SourceNode } from './decode/node.ts';
import { byteQuantity } from './decode/quantity.ts';
import { boolean, nonEmptyString, oneOf, string } from './decode/scalars.ts';
import { rule } from './rules.ts';
import type { AdmissionModuleConfig, AuthenticationModuleConfig, AuthorizationModuleConfig } from './types.ts';

/** An API server waits at most this long for any of its webhooks. */
const MAX_USEFUL_TIMEOUT_MS = 30_000;

/** From one page of WebAssembly memory to all that 32-bit addresses can reach. */
const memory = byteQuantity('64Ki', '4Gi');

const timeout = transformed(duration, (milliseconds, node, context) => {
  if (milliseconds > MAX_USEFUL_TIMEOUT_MS) warn(node, context, 'an API server waits at most 30s for an answer');
  return milliseconds;
});

const commonFields = {
  name: optional(described('Default: the last path element of `module`.', string)),
  module: required(
    described(
      'The path of the WebAssembly module, or where it is: registry://, https://, http:// or file://.',
      nonEmptyString,
    ),
  ),
  settings: optional(described('Any JSON value, handed to the module with every request.', json)),
  debug: defaulted(described('Logs what the module was asked and answered, redacted.', boolean), false),
  timeout: optional(described('The deadline of one call, such as 500ms or 2s.', timeout)),
  memory: optional(described('The most memory a call may use, such as 64Mi.', memory)),
} as const;

const authenticationModule: Decoder<AuthenticationModuleConfig> = transformed(object(commonFields), complete);

const authorizationModule: Decoder<AuthorizationModuleConfig> = transformed(
  object({
    ...commonFields,
    failurePolicy: defaulted(described('What a failing module counts as.', oneOf('NoOpinion', 'Deny')), 'NoOpinion'),
  }),
  complete,
);

const admissionModule: Decoder<AdmissionModuleConfig> = transformed(
  object({
    ...commonFields,
    type: defaulted(described('The interface of the module.', oneOf('wasi', 'kubewarden')), 'wasi'),
    mutating: defaulted(described('Runs in the mutating phase instead of the validating one.', boolean), false),
    rules: defaulted(described('The module is called if any rule matches.', list(rule)), []),
    failurePolicy: defaulted(described('Whether a failing module fails the request.', oneOf('Fail', 'Ignore')), 'Fail'),
  }),
  (fields, node, context) => {
    if (fields.rules.length === 0) warn(node, context, 'the module has no rules, so it is never called');
    return complete(fields, node, context);
  },
);

interface CommonFields {
  readonly name: string | undefined;
  readonly module: string;
  readonly timeout: number | undefined;
  readonly memory: number | undefined;
}

type Completed<T extends CommonFields> = Omit<T, 'name' | 'timeout' | 'memory'> & {
  readonly name: string;
  readonly timeoutMs: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly position: string;
};

/** An empty name counts as none, as in the original. */
function complete<T extends CommonFields>(fields: T, node: SourceNode, { source }: Context): Completed<T> {
  const { name, timeout: timeoutMs, memory: memoryBytes, ...rest } = fields;
  const { line, column } = source.position(node.offset);
  return {
    ...rest,
    name: name === undefined || name === '' ? posix.basename(fields.module) : name,
    timeoutMs,
    memoryBytes,
    position: `${source.file}:${line}:${column}`,
  };
}

function moduleFile<T>(module: Decoder<T>): Decoder<readonly T[]> {
  return transformed(object({ modules: defaulted(list(module), []) }), ({ modules }, node, context) => {
    const place = { ...context, path: context.path === '' ? 'modules' : `${context.path}.modules` };
    if (modules.length === 0) warn(node, place, 'the list is empty, so this gate never has an opinion');
    return modules;
  });
}

/** The `modules:` file of `--authentication-wasm-config-file`. */
export const authenticationFile = moduleFile(authenticationModule);

/** The `modules:` file of `--authorization-wasm-config-file`. */
export const authorizationFile = moduleFile(authorizationModule);

/** A bare `modules:` file for admission, or the configuration of the plugin `WASM`. */
export const admissionFile = moduleFile(admissionModule);
