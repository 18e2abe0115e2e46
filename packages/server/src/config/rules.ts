import type { Rule } from '@ostiary/policy';
import { list, object, optional, strictlyRequired } from './decode/collections.ts';
import { refuse, strictly, transformed, type Context, type Decoder } from './decode/decoder.ts';
import type { SourceNode } from './decode/node.ts';
import { itemPath } from './decode/path.ts';
import { string, strictlyOneOf } from './decode/scalars.ts';

// These are the API server's own checks of a rule. The original makes none of them: a wrong rule just never matches,
// and so it is with a lenient reader.

const operation = strictlyOneOf('CREATE', 'UPDATE', 'DELETE', 'CONNECT', '*');

const version = strictly(string, (value, node, context) => {
  if (value === '') refuse(node, context, 'expected a version such as v1 or "*", found the empty string');
});

// A resource and perhaps a subresource, in lower case; either may be `*`.
const RESOURCE = /^(?:\*|[a-z0-9][a-z0-9.-]*)(?:\/(?:\*|[a-z0-9][a-z0-9.-]*))?$/;

const resource = strictly(
  string,
  (value, node, context) => {
    if (RESOURCE.test(value)) return;
    const found = JSON.stringify(value.slice(0, 60));
    refuse(node, context, `expected a resource such as "pods", "pods/status", "pods/*" or "*", found ${found}`);
  },
  { pattern: RESOURCE.source },
);

/** A list that has something, and where `*` stands alone. */
function wildcardList(item: Decoder<string>): Decoder<readonly string[]> {
  return nonEmptyList(item, (values, report) => {
    const index = values.indexOf('*');
    if (index !== -1 && values.length > 1) report(index, 'expected "*" to stand alone, found other entries beside it');
  });
}

type CheckItems = (values: readonly string[], report: (index: number, message: string) => void) => void;

function nonEmptyList(item: Decoder<string>, check: CheckItems): Decoder<readonly string[]> {
  const checkList = (values: readonly string[], node: SourceNode, context: Context): void => {
    if (values.length === 0) refuse(node, context, 'expected at least one entry, found none');
    const items = node.kind === 'list' ? node.items : [];
    check(values, (index, message) => {
      refuse(items[index] ?? node, { ...context, path: itemPath(context.path, index) }, message);
    });
  };
  return strictly(list(item), checkList, { minItems: 1 });
}

/** An entry that another one already covers is refused, as the API server refuses it. */
const resources = nonEmptyList(resource, (values, report) => {
  for (const [index, value] of values.entries()) {
    const cover = values.find((other) => other !== value && covers(other, value));
    if (cover !== undefined) report(index, `expected no entry that "${cover}" already covers, found "${value}"`);
  }
});

/**
 * Whether a resource entry matches all that another one matches. A lone `*` stands for all main resources but for
 * no subresource, and only `*` on both sides of the slash stands for everything (contract: fork, section 8).
 */
export function covers(wide: string, narrow: string): boolean {
  if (wide === '*/*') return true;
  const [wideResource, wideSubresource] = wide.split('/', 2);
  const [narrowResource, narrowSubresource] = narrow.split('/', 2);
  if (wideSubresource === undefined || narrowSubresource === undefined) {
    return wide === '*' && narrowSubresource === undefined;
  }
  return (
    (wideResource === '*' || wideResource === narrowResource) &&
    (wideSubresource === '*' || wideSubresource === narrowSubresource)
  );
}

const fields = object({
  operations: strictlyRequired(wildcardList(operation), []),
  apiGroups: strictlyRequired(wildcardList(string), []),
  apiVersions: strictlyRequired(wildcardList(version), []),
  resources: strictlyRequired(resources, []),
  scope: optional(strictlyOneOf('Cluster', 'Namespaced', '*')),
});

/** A rule of an admission module. */
export const rule: Decoder<Rule> = transformed(fields, ({ scope, ...lists }) =>
  scope === undefined ? lists : { ...lists, scope },
);
