import { dirname, resolve } from 'node:path';
import { list, object, optional, required } from './decode/collections.ts';
import { INVALID, refuse, transformed, warn, type Context, type Decoded, type Decoder } from './decode/decoder.ts';
import type { SourceNode } from './decode/node.ts';
import { nonEmptyString, oneOf } from './decode/scalars.ts';

/** The name the extension's plugin has in an AdmissionConfiguration. */
const PLUGIN_NAME = 'WASM';

/** A node that is decoded later, with the context it needs then. */
export interface Deferred {
  readonly node: SourceNode;
  readonly context: Context;
}

const deferred: Decoder<Deferred> = { schema: {}, decode: (node, context) => ({ node, context }) };

/** Where the modules of the admission gate are listed. */
export type AdmissionSource =
  | { readonly kind: 'inline'; readonly configuration: Deferred }
  | { readonly kind: 'file'; readonly path: string; readonly named: Deferred };

const wasmPlugin = transformed(
  object({
    name: required(oneOf(PLUGIN_NAME)),
    configuration: optional(deferred),
    path: optional(transformed(nonEmptyString, (path, node, context) => ({ path, named: { node, context } }))),
  }),
  ({ configuration, path }, node, context): Decoded<AdmissionSource> => {
    if (configuration !== undefined) {
      if (path !== undefined) warn(path.named.node, path.named.context, 'the path is ignored beside a configuration');
      return { kind: 'inline', configuration };
    }
    if (path === undefined) return refuse(node, context, 'expected configuration or path, found neither');
    const absolute = resolve(dirname(context.source.file), path.path);
    return { kind: 'file', path: absolute, named: path.named };
  },
);

interface PluginEntry {
  readonly node: SourceNode;
  readonly context: Context;
  readonly source: AdmissionSource;
}

/** Other plugins belong to the API server and are skipped unread: their answer is undefined. */
const plugin: Decoder<PluginEntry | undefined> = {
  schema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  decode(node, context) {
    const name = stringField(node, 'name', context.lenient);
    if (name !== undefined && name !== PLUGIN_NAME) return undefined;
    const source = wasmPlugin.decode(node, context);
    return source === INVALID ? INVALID : { node, context, source };
  },
};

function stringField(node: SourceNode, name: string, lenient: boolean): string | undefined {
  const entries = node.kind === 'map' ? node.entries : [];
  const value = entries.findLast(({ key }) => keyIs(key, name, lenient))?.value;
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined;
}

function keyIs(key: SourceNode, name: string, lenient: boolean): boolean {
  if (key.kind !== 'scalar' || typeof key.value !== 'string') return false;
  return key.value === name || (lenient && key.value.toLowerCase() === name.toLowerCase());
}

const plugins = transformed(list(plugin), (entries, node, context): Decoded<AdmissionSource> => {
  const [first, second] = entries.filter((entry) => entry !== undefined);
  if (first === undefined) return refuse(node, context, `expected a plugin named ${PLUGIN_NAME}, found none`);
  if (second === undefined) return first.source;
  return refuse(second.node, second.context, `expected one plugin named ${PLUGIN_NAME}, found another one`);
});

/** AdmissionConfiguration of apiserver.config.k8s.io, reduced to where the plugin `WASM` has its modules. */
export const admissionConfiguration: Decoder<AdmissionSource> = transformed(
  object({
    apiVersion: required(
      oneOf('apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1alpha1', 'apiserver.k8s.io/v1alpha1'),
    ),
    kind: required(oneOf('AdmissionConfiguration')),
    plugins: required(plugins),
  }),
  (configuration) => configuration.plugins,
);

/** Whether a document means to be an AdmissionConfiguration rather than a bare `modules:` file. */
export function isAdmissionConfiguration(node: SourceNode, lenient: boolean): boolean {
  const has = (name: string): boolean =>
    node.kind === 'map' && node.entries.some(({ key }) => keyIs(key, name, lenient));
  return has('plugins') || (!has('modules') && (has('apiVersion') || has('kind')));
}
