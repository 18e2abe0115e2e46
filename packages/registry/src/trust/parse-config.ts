import {
  choiceOf,
  fieldsOf,
  integerOf,
  isNothing,
  itemsOf,
  requiredField,
  stringMapOf,
  textOf,
} from '../metadata/fields.ts';
import { readYaml, refuse, type Place } from '../metadata/yaml.ts';
import type { Annotations, SignatureConstraint, Subject, VerificationConfig } from './constraint.ts';
import { VerificationConfigError } from './errors.ts';
import { readPublicKey } from './key.ts';
import { urlPrefix } from './url-prefix.ts';

/** Constraints in one file. Each is tried against every signature. */
const MAX_CONSTRAINTS = 255;

/**
 * Reads a verification file (authoring contract §5.1), YAML or JSON. A file that would accept unsigned modules — no
 * constraint at all, or an `anyOf` that needs none — is refused.
 *
 * @throws {VerificationConfigError} With every problem of the file.
 */
export function parseVerificationConfig(text: string, file: string): VerificationConfig {
  const { root, problems } = readYaml(text, file);
  const config = root === undefined ? undefined : readConfig(root);
  if (config === undefined || problems.length > 0) {
    throw new VerificationConfigError('invalid', 'Not a valid configuration file:', problems);
  }
  return config;
}

function readConfig(root: Place): VerificationConfig | undefined {
  const fields = fieldsOf(root, ['apiVersion', 'allOf', 'anyOf']);
  if (fields === undefined) return undefined;
  checkVersion(fields.get('apiVersion'));
  const [allOfPlace, anyOfPlace] = [fields.get('allOf'), fields.get('anyOf')];
  const allOf = isNothing(allOfPlace) ? undefined : readConstraints(allOfPlace);
  const anyOf = isNothing(anyOfPlace) ? undefined : readAnyOf(anyOfPlace);
  if (isNothing(allOfPlace) && isNothing(anyOfPlace)) return refuse(root, 'expected `allOf`, `anyOf` or both');
  if (anyOf === undefined && allOf?.length === 0) {
    return refuse(allOfPlace ?? root, 'expected at least one signature: an empty list would accept any module');
  }
  return {
    apiVersion: 'v1',
    ...(allOf === undefined ? {} : { allOf }),
    ...(anyOf === undefined ? {} : { anyOf }),
  };
}

/** Files without a version were always accepted, so they still are. */
function checkVersion(place: Place | undefined): void {
  if (isNothing(place)) return;
  const version = textOf(place);
  if (version === undefined || version === 'v1') return;
  const { reading } = place;
  refuse(place, `expected "v1", found ${JSON.stringify(version)}`);
  throw new VerificationConfigError(
    'unsupported-version',
    `Not a supported configuration version: ${version}`,
    reading.problems,
  );
}

function readConstraints(place: Place): readonly SignatureConstraint[] | undefined {
  const items = itemsOf(place);
  if (items === undefined) return undefined;
  if (items.length > MAX_CONSTRAINTS) return refuse(place, `expected at most ${MAX_CONSTRAINTS} signatures`);
  const constraints = items.map(readConstraint);
  return constraints.every((constraint) => constraint !== undefined) ? constraints : undefined;
}

function readAnyOf(place: Place): VerificationConfig['anyOf'] {
  const fields = fieldsOf(place, ['minimumMatches', 'signatures']);
  if (fields === undefined) return undefined;
  const minimumPlace = fields.get('minimumMatches');
  const minimumMatches = isNothing(minimumPlace) ? 1 : integerOf(minimumPlace, 1, 255);
  const listPlace = requiredField(place, fields, 'signatures');
  const before = place.reading.problems.length;
  const signatures = listPlace && readConstraints(listPlace);
  if (minimumMatches === undefined || listPlace === undefined || signatures === undefined) return undefined;
  if (place.reading.problems.length === before && signatures.length < minimumMatches) {
    return refuse(listPlace, `expected at least ${minimumMatches} signatures to match, found ${signatures.length}`);
  }
  return { minimumMatches, signatures };
}

const FIELDS = {
  pubKey: ['kind', 'owner', 'key', 'annotations'],
  genericIssuer: ['kind', 'issuer', 'subject', 'annotations'],
  githubAction: ['kind', 'owner', 'repo', 'annotations'],
} as const;

function readConstraint(place: Place): SignatureConstraint | undefined {
  const all = fieldsOf(place);
  const kindPlace = all && requiredField(place, all, 'kind');
  const kind = kindPlace && choiceOf(kindPlace, ['pubKey', 'genericIssuer', 'githubAction']);
  if (kind === undefined) return undefined;
  const fields = fieldsOf(place, FIELDS[kind]);
  if (fields === undefined) return undefined;
  const required = (name: string): string | undefined => {
    const found = requiredField(place, fields, name);
    return found && nonEmpty(found);
  };
  const annotations = readAnnotations(fields.get('annotations'));
  switch (kind) {
    case 'pubKey':
      return pubKey(fields, required('key'), annotations);
    case 'genericIssuer': {
      const issuer = required('issuer');
      const subjectPlace = requiredField(place, fields, 'subject');
      const subject = subjectPlace && readSubject(subjectPlace);
      return issuer === undefined || subject === undefined ? undefined : { kind, issuer, subject, ...annotations };
    }
    case 'githubAction': {
      const owner = required('owner');
      const repo = optionalText(fields.get('repo'));
      return owner === undefined ? undefined : { kind, owner, ...(repo === undefined ? {} : { repo }), ...annotations };
    }
  }
}

function pubKey(
  fields: ReadonlyMap<string, Place>,
  key: string | undefined,
  annotations: { readonly annotations?: Annotations },
): SignatureConstraint | undefined {
  const owner = optionalText(fields.get('owner'));
  const place = fields.get('key');
  if (key === undefined || place === undefined) return undefined;
  const read = readPublicKey(key);
  if ('problem' in read) return refuse(place, read.problem);
  return { kind: 'pubKey', ...(owner === undefined ? {} : { owner }), key, ...annotations };
}

function readAnnotations(place: Place | undefined): { readonly annotations?: Annotations } {
  if (isNothing(place)) return {};
  const annotations = stringMapOf(place);
  return annotations === undefined ? {} : { annotations };
}

function nonEmpty(place: Place): string | undefined {
  const text = textOf(place);
  return text === '' ? refuse(place, 'expected some text, found none') : text;
}

function optionalText(place: Place | undefined): string | undefined {
  return isNothing(place) ? undefined : nonEmpty(place);
}

function readSubject(place: Place): Subject | undefined {
  const fields = fieldsOf(place, ['equal', 'urlPrefix']);
  if (fields === undefined) return undefined;
  const [equalPlace, prefixPlace] = [fields.get('equal'), fields.get('urlPrefix')];
  if ((equalPlace === undefined) === (prefixPlace === undefined)) {
    return refuse(place, 'expected either `equal` or `urlPrefix`');
  }
  if (equalPlace !== undefined) {
    const equal = nonEmpty(equalPlace);
    return equal === undefined ? undefined : { equal };
  }
  const text = prefixPlace && nonEmpty(prefixPlace);
  if (text === undefined || prefixPlace === undefined) return undefined;
  const prefix = urlPrefix(text);
  return prefix === undefined
    ? refuse(prefixPlace, 'expected a URL with a host and without user, query or fragment')
    : { urlPrefix: prefix };
}
