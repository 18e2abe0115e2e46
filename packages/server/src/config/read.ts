import { admissionConfiguration, isAdmissionConfiguration, type AdmissionSource } from './admission.ts';
import { INVALID, refuse, type Context, type Decoder } from './decode/decoder.ts';
import { resolveCore, type ResolvePlain } from './decode/scalar.ts';
import { readDocument, type SourceDocument } from './decode/yaml.ts';
import { admissionFile, authenticationFile, authorizationFile } from './modules.ts';
import { decodePolicies } from './policies.ts';
import type { PoliciesConfig } from './policy-types.ts';
import { ConfigError, type Problem } from './problem.ts';
import type { AdmissionModuleConfig, GateFiles, GatesConfig } from './types.ts';

export interface ReadGatesOptions {
  /** Accepts what the original accepted (contract: fork, section 3.1). Default: false. */
  readonly lenient?: boolean;
  /** The bytes of a file; `readFile` of `node:fs/promises` fits. */
  readonly readFile: (path: string) => Promise<Uint8Array>;
}

interface Reading {
  readonly lenient: boolean;
  /** Where a file's scalars mean something else than to kubectl. */
  readonly resolve?: ResolvePlain;
  readonly readFile: (path: string) => Promise<Uint8Array>;
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

/**
 * Reads the configuration of the gates. A module's path is taken as written and is not looked at.
 * Throws ConfigError with all problems of all files, unreadable files among them.
 */
export async function readGatesConfig(files: GateFiles, options: ReadGatesOptions): Promise<GatesConfig> {
  const { lenient = false, readFile } = options;
  const reading: Reading = { lenient, readFile, problems: [], warnings: [] };
  const authentication = await readModules(files.authentication, authenticationFile, reading);
  const authorization = await readModules(files.authorization, authorizationFile, reading);
  const admission = await readAdmission(files.admission, reading);
  const policies = await readPolicies(files.policies, reading);
  if (reading.problems.length > 0) throw new ConfigError(reading.problems);
  return { authentication, authorization, admission, policies, warnings: reading.warnings };
}

async function readModules<T>(
  file: string | undefined,
  decoder: Decoder<readonly T[]>,
  reading: Reading,
): Promise<readonly T[] | undefined> {
  const document = await open(file, reading);
  return document === undefined ? undefined : decodeWith(decoder, document, reading);
}

/** Never leniently: that is for what the extension accepted. */
async function readPolicies(file: string | undefined, reading: Reading): Promise<PoliciesConfig | undefined> {
  const strict = { ...reading, lenient: false, resolve: resolveCore };
  const document = await open(file, strict);
  return document === undefined ? undefined : decodePolicies(document.root, rootContext(document, strict));
}

function decodeWith<T>(decoder: Decoder<T>, document: SourceDocument, reading: Reading): T | undefined {
  return valid(decoder.decode(document.root, rootContext(document, reading)));
}

function valid<T>(value: T | typeof INVALID): T | undefined {
  return value === INVALID ? undefined : value;
}

function rootContext({ source }: SourceDocument, { lenient, problems, warnings }: Reading): Context {
  return {
    source,
    path: '',
    lenient,
    report: (problem) => problems.push(problem),
    warn: (problem) => warnings.push(problem),
  };
}

async function open(
  file: string | undefined,
  reading: Reading,
  unreadable?: (message: string) => void,
): Promise<SourceDocument | undefined> {
  if (file === undefined) return undefined;
  const report = (problem: Problem): void => void reading.problems.push(problem);
  const refuseFile = (message: string): void => report({ file, line: 1, column: 1, field: '', message });
  const bytes = await readBytes(file, reading, unreadable ?? refuseFile);
  return bytes === undefined ? undefined : readDocument(file, bytes, { ...reading, report });
}

async function readBytes(
  file: string,
  { readFile }: Reading,
  unreadable: (message: string) => void,
): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    unreadable(`the file can't be read: ${causeOf(error)}`);
    return undefined;
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
};

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return ('code' in error && CAUSES[String(error.code)]) || error.message;
}

async function readAdmission(
  file: string | undefined,
  reading: Reading,
): Promise<readonly AdmissionModuleConfig[] | undefined> {
  const document = await open(file, reading);
  if (document === undefined) return undefined;
  if (!isAdmissionConfiguration(document.root, reading.lenient)) return decodeWith(admissionFile, document, reading);
  const source = decodeWith(admissionConfiguration, document, reading);
  return source === undefined ? undefined : readPlugin(source, reading);
}

async function readPlugin(
  source: AdmissionSource,
  reading: Reading,
): Promise<readonly AdmissionModuleConfig[] | undefined> {
  if (source.kind === 'inline') {
    const { node, context } = source.configuration;
    return valid(admissionFile.decode(node, context));
  }
  const { node, context } = source.named;
  const document = await open(source.path, reading, (message) => refuse(node, context, `${source.path}: ${message}`));
  return document === undefined ? undefined : decodeWith(admissionFile, document, reading);
}
