import type { JsonObject, JsonValue } from '@ostiary/policy';
import { OPERATIONS, type Operation, type User } from '../request/build.ts';
import { parseDocuments } from '../request/documents.ts';
import { isObject, memberAt, nameOf } from '../request/value.ts';

/** What a case may come to. */
export const VERDICTS = ['accepted', 'rejected', 'skipped', 'invalid-settings'] as const;
export type ExpectedVerdict = (typeof VERDICTS)[number];

/** What a case asks about. */
export type CaseInput =
  /** A file or folder, relative to the file of cases. */
  { readonly kind: 'path'; readonly path: string } | { readonly kind: 'values'; readonly values: readonly JsonValue[] };

/** What a policy is to say. */
export interface Expectation {
  readonly verdict: ExpectedVerdict;
  /** A part of the message, or `/a regular expression/`. */
  readonly message: string | undefined;
  readonly code: number | undefined;
  /** A part of the mutated object; the path of a file with all of it; false: it does not mutate. */
  readonly mutation: JsonObject | string | false | undefined;
  /** Parts of warnings, or regular expressions; an empty list: there are none. */
  readonly warnings: readonly string[] | undefined;
}

/** The world of a case. */
export type CaseContext =
  | { readonly kind: 'manifests'; readonly paths: readonly string[] }
  | { readonly kind: 'session'; readonly path: string };

export interface TestCase {
  readonly name: string;
  readonly input: CaseInput;
  readonly operation: Operation | undefined;
  readonly oldObject: CaseInput | undefined;
  readonly namespace: string | undefined;
  readonly user: User | undefined;
  /** In place of the file's. */
  readonly settings: JsonObject | undefined;
  readonly context: CaseContext | undefined;
  readonly expect: Expectation;
}

/** A file of cases; paths are relative to it. */
export interface TestFile {
  /** The module; default: the one `.wasm` file beside the file of cases. */
  readonly policy: string | undefined;
  /** Metadata for a module that is not annotated yet. */
  readonly metadata: string | undefined;
  readonly settings: JsonObject | undefined;
  readonly cases: readonly TestCase[];
}

/** A file of cases that can't be used; the message names the field. */
export class TestFileError extends Error {
  override readonly name = 'TestFileError';
  readonly code = 'invalid-test-file';
}

const FILE_FIELDS = ['policy', 'metadata', 'settings', 'cases', '$schema'];
const INPUTS = ['file', 'object', 'objects', 'request'] as const;
const CASE_FIELDS = [...INPUTS, ...'name operation oldObject namespace user settings context expect'.split(' ')];
const EXPECT_FIELDS = ['verdict', 'message', 'code', 'mutation', 'warnings'];

/** Reads a file of cases. Throws TestFileError and InputError. */
export async function parseTestFile(text: string, file: string): Promise<TestFile> {
  const [document, ...more] = await parseDocuments(text, file);
  const reader = new Reader(file);
  if (more.length > 0) throw reader.bad('', 'expected one document');
  const root = reader.object(document?.value, '', FILE_FIELDS);
  const cases = reader.list(root['cases'], 'cases');
  return {
    policy: reader.text(root['policy'], 'policy'),
    metadata: reader.text(root['metadata'], 'metadata'),
    settings: reader.optional(root['settings'], 'settings'),
    cases: cases.map((value, index) => caseOf(reader, value, `cases[${index}]`, index)),
  };
}

function caseOf(reader: Reader, value: JsonValue, path: string, index: number): TestCase {
  const fields = reader.object(value, path, CASE_FIELDS);
  const expect = expectationOf(reader, fields['expect'], `${path}.expect`);
  return {
    name: reader.text(fields['name'], `${path}.name`) ?? `case ${index + 1}`,
    input: inputOf(reader, fields, path),
    operation: reader.oneOf(fields['operation'], `${path}.operation`, OPERATIONS),
    oldObject: fields['oldObject'] === undefined ? undefined : valueOrPath(fields['oldObject']),
    namespace: reader.text(fields['namespace'], `${path}.namespace`),
    user: userOf(reader, fields['user'], `${path}.user`),
    settings: reader.optional(fields['settings'], `${path}.settings`),
    context: contextOf(reader, fields['context'], `${path}.context`),
    expect,
  };
}

function inputOf(reader: Reader, fields: JsonObject, path: string): CaseInput {
  const given = INPUTS.filter((name) => fields[name] !== undefined);
  const [name] = given;
  if (name === undefined || given.length > 1) throw reader.bad(path, `expected one of ${INPUTS.join(', ')}`);
  const value = fields[name]!;
  if (name === 'file') return { kind: 'path', path: reader.text(value, `${path}.file`) ?? '' };
  return name === 'objects' ? { kind: 'values', values: reader.list(value, `${path}.objects`) } : valueOrPath(value);
}

function valueOrPath(value: JsonValue): CaseInput {
  return typeof value === 'string' ? { kind: 'path', path: value } : { kind: 'values', values: [value] };
}

function expectationOf(reader: Reader, value: JsonValue | undefined, path: string): Expectation {
  if (typeof value === 'string') {
    const verdict = reader.oneOf(value, path, VERDICTS)!;
    return { verdict, message: undefined, code: undefined, mutation: undefined, warnings: undefined };
  }
  const fields = reader.object(value, path, EXPECT_FIELDS);
  const verdict = reader.oneOf(fields['verdict'], `${path}.verdict`, VERDICTS);
  if (verdict === undefined) throw reader.bad(`${path}.verdict`, `expected one of ${VERDICTS.join(', ')}`);
  const { code, mutation, warnings } = fields;
  if (code !== undefined && typeof code !== 'number') throw reader.bad(`${path}.code`, 'expected a number');
  return {
    verdict,
    message: reader.text(fields['message'], `${path}.message`),
    code,
    mutation: mutationOf(reader, mutation, `${path}.mutation`),
    warnings: warnings === undefined ? undefined : reader.texts(warnings, `${path}.warnings`),
  };
}

function mutationOf(reader: Reader, value: JsonValue | undefined, path: string): Expectation['mutation'] {
  if (value === undefined || value === false || typeof value === 'string') return value;
  if (isObject(value)) return value;
  throw reader.bad(path, 'expected a part of the object, the path of a file, or false');
}

function userOf(reader: Reader, value: JsonValue | undefined, path: string): User | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return { username: value };
  const fields = reader.object(value, path, ['username', 'groups', 'uid']);
  const username = reader.text(fields['username'], `${path}.username`);
  if (username === undefined) throw reader.bad(`${path}.username`, 'expected a text');
  const uid = reader.text(fields['uid'], `${path}.uid`);
  const groups = fields['groups'] === undefined ? undefined : reader.texts(fields['groups'], `${path}.groups`);
  return { username, ...(uid !== undefined && { uid }), ...(groups && { groups }) };
}

function contextOf(reader: Reader, value: JsonValue | undefined, path: string): CaseContext | undefined {
  if (value === undefined) return undefined;
  const fields = reader.object(value, path, ['manifests', 'session']);
  const { manifests, session } = fields;
  if ((manifests === undefined) === (session === undefined)) throw reader.bad(path, 'expected manifests or session');
  if (session !== undefined) return { kind: 'session', path: reader.text(session, `${path}.session`) ?? '' };
  const paths = typeof manifests === 'string' ? [manifests] : reader.texts(manifests, `${path}.manifests`);
  return { kind: 'manifests', paths };
}

/** Takes values apart and names the field that is wrong. */
class Reader {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  bad(path: string, cause: string): TestFileError {
    return new TestFileError(`${this.#file}: ${path === '' ? '' : `${path}: `}${cause}`);
  }

  object(value: JsonValue | undefined, path: string, known: readonly string[]): JsonObject {
    if (!isObject(value)) throw this.bad(path, `expected an object, found ${nameOf(value)}`);
    const unknown = Object.keys(value).find((name) => !known.includes(name));
    if (unknown === undefined) return Object.fromEntries(known.flatMap((name) => memberEntry(value, name)));
    throw this.bad(path, `unknown field '${unknown}': expected ${known.join(', ')}`);
  }

  optional(value: JsonValue | undefined, path: string): JsonObject | undefined {
    if (value === undefined || value === null) return undefined;
    if (isObject(value)) return value;
    throw this.bad(path, `expected an object, found ${nameOf(value)}`);
  }

  list(value: JsonValue | undefined, path: string): readonly JsonValue[] {
    if (Array.isArray(value)) return value;
    throw this.bad(path, `expected a list, found ${nameOf(value)}`);
  }

  text(value: JsonValue | undefined, path: string): string | undefined {
    if (value === undefined || typeof value === 'string') return value;
    throw this.bad(path, `expected a text, found ${nameOf(value)}`);
  }

  texts(value: JsonValue | undefined, path: string): readonly string[] {
    return this.list(value, path).map((item, index) => {
      if (typeof item === 'string') return item;
      throw this.bad(`${path}[${index}]`, `expected a text, found ${nameOf(item)}`);
    });
  }

  oneOf<Word extends string>(value: JsonValue | undefined, path: string, words: readonly Word[]): Word | undefined {
    const found = words.find((word) => word === value);
    if (found !== undefined || value === undefined) return found;
    throw this.bad(path, `expected one of ${words.join(', ')}`);
  }
}

function memberEntry(object: JsonObject, name: string): [string, JsonValue][] {
  const value = memberAt(object, name);
  return value === undefined ? [] : [[name, value]];
}
