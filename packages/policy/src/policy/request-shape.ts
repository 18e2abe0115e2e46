import type { Member, MemberList } from '../json/scan.ts';
import { select } from '../json/selection.ts';
import { isUnset } from '../json/text.ts';
import { COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE, skipSpace, stringEnd } from '../json/tokens.ts';
import { BodyError } from './errors.ts';

/** Exactly as many steps as a selection may have. */
export const ADMISSION = select(
  'request',
  'request.uid',
  'request.kind',
  'request.kind.group',
  'request.kind.version',
  'request.kind.kind',
  'request.resource',
  'request.resource.group',
  'request.resource.version',
  'request.resource.resource',
  'request.subResource',
  'request.requestKind',
  'request.requestKind.group',
  'request.requestKind.version',
  'request.requestKind.kind',
  'request.requestResource',
  'request.requestResource.group',
  'request.requestResource.version',
  'request.requestResource.resource',
  'request.requestSubResource',
  'request.name',
  'request.namespace',
  'request.operation',
  'request.userInfo',
  'request.userInfo.username',
  'request.userInfo.uid',
  'request.userInfo.groups',
  'request.userInfo.extra',
  'request.object',
  'request.oldObject',
  'request.options',
  'request.dryRun',
);
export type RequestPath = (typeof ADMISSION)['root'] extends { readonly path: (infer P) | undefined } ? P : never;

type Type = 'string' | 'object' | 'list' | 'boolean' | 'any';
interface Expected {
  readonly path: RequestPath;
  readonly type: Type;
  /** Required if the member of this path is there; `request` always is. */
  readonly requiredIn?: RequestPath;
}

/** The number of a path in what a scan with {@link ADMISSION} finds. */
export function numberOf(path: RequestPath): number {
  return ADMISSION.paths.indexOf(path);
}

/** The typed shape of an AdmissionRequest (contract: policy-server §4.3). */
const EXPECTED: readonly Expected[] = [
  { path: 'request.uid', type: 'string', requiredIn: 'request' },
  { path: 'request.kind', type: 'object', requiredIn: 'request' },
  { path: 'request.kind.group', type: 'string', requiredIn: 'request.kind' },
  { path: 'request.kind.version', type: 'string', requiredIn: 'request.kind' },
  { path: 'request.kind.kind', type: 'string', requiredIn: 'request.kind' },
  { path: 'request.resource', type: 'object', requiredIn: 'request' },
  { path: 'request.resource.group', type: 'string', requiredIn: 'request.resource' },
  { path: 'request.resource.version', type: 'string', requiredIn: 'request.resource' },
  { path: 'request.resource.resource', type: 'string', requiredIn: 'request.resource' },
  { path: 'request.subResource', type: 'string' },
  { path: 'request.requestKind', type: 'object' },
  { path: 'request.requestKind.group', type: 'string', requiredIn: 'request.requestKind' },
  { path: 'request.requestKind.version', type: 'string', requiredIn: 'request.requestKind' },
  { path: 'request.requestKind.kind', type: 'string', requiredIn: 'request.requestKind' },
  { path: 'request.requestResource', type: 'object' },
  { path: 'request.requestResource.group', type: 'string', requiredIn: 'request.requestResource' },
  { path: 'request.requestResource.version', type: 'string', requiredIn: 'request.requestResource' },
  { path: 'request.requestResource.resource', type: 'string', requiredIn: 'request.requestResource' },
  { path: 'request.requestSubResource', type: 'string' },
  { path: 'request.name', type: 'string' },
  { path: 'request.namespace', type: 'string' },
  { path: 'request.operation', type: 'string', requiredIn: 'request' },
  { path: 'request.userInfo', type: 'object', requiredIn: 'request' },
  { path: 'request.userInfo.username', type: 'string' },
  { path: 'request.userInfo.uid', type: 'string' },
  { path: 'request.userInfo.groups', type: 'list' },
  { path: 'request.userInfo.extra', type: 'object' },
  { path: 'request.object', type: 'any' },
  { path: 'request.oldObject', type: 'any' },
  { path: 'request.options', type: 'any' },
  { path: 'request.dryRun', type: 'boolean' },
];

/** With the numbers of its paths; -1 stands for none. */
interface Expectation extends Pick<Expected, 'path' | 'type'> {
  readonly number: number;
  readonly requiredIn: number;
}

const EXPECTATIONS: readonly Expectation[] = EXPECTED.map(({ path, type, requiredIn }) => ({
  path,
  type,
  number: numberOf(path),
  requiredIn: requiredIn === undefined ? -1 : numberOf(requiredIn),
}));

/**
 * Checks the members that a scan has found; those that are optional and null are the result. Throws BodyError for the
 * first that is missing or of another type.
 */
export function checkShape(body: Uint8Array, found: MemberList): Member[] {
  const unset: Member[] = [];
  for (const expectation of EXPECTATIONS) check(body, found, expectation, unset);
  return unset;
}

function check(body: Uint8Array, found: MemberList, expectation: Expectation, unset: Member[]): void {
  const { path, type, number, requiredIn } = expectation;
  const member = found[number];
  if (member === undefined) {
    if (requiredIn >= 0 && !isUnset(body, found[requiredIn])) throw lacks(path);
  } else if (requiredIn < 0 && isUnset(body, member)) unset.push(member);
  else if (!isOfType(body, member, type)) throw wrongType(body, path, member, NAMES[type]);
}

const NAMES: Readonly<Record<Type, string>> = {
  string: 'a string',
  object: 'an object',
  list: 'a list of strings',
  boolean: 'a boolean',
  any: 'any value',
};

function isOfType(body: Uint8Array, { start, end }: Member, type: Type): boolean {
  const byte = body[start];
  switch (type) {
    case 'string':
      return byte === QUOTE;
    case 'object':
      return byte === OPEN_BRACE;
    case 'list':
      return byte === OPEN_BRACKET && isListOfStrings(body, start, end);
    case 'boolean':
      return byte === 0x74 || byte === 0x66;
    case 'any':
      return true;
  }
}

/** The scan has checked the syntax, so only the kinds of the items are looked at. */
function isListOfStrings(body: Uint8Array, start: number, end: number): boolean {
  let i = skipSpace(body, start + 1);
  while (body[i] === QUOTE) {
    i = skipSpace(body, stringEnd(body, i));
    if (body[i] === COMMA) i = skipSpace(body, i + 1);
  }
  return i === end - 1;
}

function lacks(path: string): BodyError {
  const dot = path.lastIndexOf('.');
  return shape(path.slice(0, dot), missing(path.slice(dot + 1)));
}

export function missing(name: string): string {
  return `missing field \`${name}\``;
}

export function wrongType(body: Uint8Array, path: string, { start }: Member, expected: string): BodyError {
  return shape(path, `invalid type: ${kindAt(body, start)}, expected ${expected}`);
}

/** What kind of value starts there; never the value. */
function kindAt(body: Uint8Array, at: number): string {
  return KINDS.get(body[at] ?? 0) ?? 'number';
}

const KINDS: ReadonlyMap<number, string> = new Map([
  [QUOTE, 'string'],
  [OPEN_BRACE, 'map'],
  [OPEN_BRACKET, 'sequence'],
  [0x6e, 'null'],
  [0x74, 'boolean'],
  [0x66, 'boolean'],
]);

export function shape(path: string, message: string): BodyError {
  const where = path === '' ? '' : `${path}: `;
  return new BodyError('wrong-shape', `Failed to deserialize the JSON body into the target type: ${where}${message}`);
}
