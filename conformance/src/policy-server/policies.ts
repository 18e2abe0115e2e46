import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asking, constant, echo, endless, erring, trapping, type Question } from './guests.ts';
import { kindFiles, kindPolicies } from './kinds.ts';

const yes = { accepted: true };
const no = { accepted: false, message: 'the policy says no' };
/** What the mutating policies make of every object. */
export const MUTATED = { kind: 'Pod', metadata: { labels: { 'a/b': 'c' }, name: 'a' } };

/** The suite's modules by file name. */
export const MODULES: Readonly<Record<string, Uint8Array>> = {
  yes: constant({ answer: JSON.stringify(yes) }),
  no: constant({ answer: JSON.stringify(no) }),
  'no-code': constant({ answer: JSON.stringify({ ...no, code: 418 }) }),
  noted: constant({
    answer: JSON.stringify({ ...no, warnings: ['careful'], audit_annotations: { key: 'value' } }),
  }),
  mutates: constant({ answer: JSON.stringify({ ...yes, mutated_object: MUTATED, warnings: ['changed'] }) }),
  'mutates-no': constant({ answer: JSON.stringify({ ...no, mutated_object: MUTATED }) }),
  garbage: constant({ answer: '{"accepted":"true"}' }),
  erring: erring('the guest is sorry'),
  trapping: trapping(),
  endless: endless(),
  echo: echo(),
  picky: constant({ answer: JSON.stringify(yes), settingsAnswer: '{"valid":false,"message":"too picky"}' }),
  curt: constant({ answer: JSON.stringify(yes), settingsAnswer: '{"valid":false}' }),
  unspoken: constant({ answer: JSON.stringify(yes), metadata: null }),
  newer: constant({ answer: JSON.stringify(yes), metadata: { minimumKubewardenVersion: '99.1.0' } }),
  older: constant({ answer: JSON.stringify(yes), metadata: { minimumKubewardenVersion: '1.20.0' } }),
};

/** The suite's policies; `at` gives the URL of a module. */
export function policies(at: (module: string) => string): object {
  const group = (expression: string, members: readonly string[], more: object = {}): object => ({
    expression,
    message: 'the group says no',
    policies: Object.fromEntries(members.map((name) => [name.replace('-', '_'), { module: at(name) }])),
    ...more,
  });
  return {
    yes: { module: at('yes'), namespacedName: { namespace: '', name: 'ignored' } },
    no: { module: at('no') },
    'no-code': { module: at('no-code') },
    'no-message': { module: at('no-code'), message: 'ask the owner' },
    noted: { module: at('noted') },
    'monitored-no': { module: at('noted'), policyMode: 'monitor' },
    'monitored-mutates': { module: at('mutates'), policyMode: 'monitor', allowedToMutate: true },
    mutates: { module: at('mutates'), allowedToMutate: true },
    'mutates-no': { module: at('mutates-no'), allowedToMutate: true },
    'mutates-forbidden': { module: at('mutates') },
    'mutates-forbidden-message': { module: at('mutates'), message: 'ask the owner' },
    garbage: { module: at('garbage') },
    erring: { module: at('erring') },
    'erring-message': { module: at('erring'), message: 'ask the owner' },
    trapping: { module: at('trapping') },
    endless: { module: at('endless'), timeoutEvalSeconds: 1 },
    echo: { module: at('echo'), settings: { nested: { list: [1, 'two', null] }, flag: true } },
    'echo-unset': { module: at('echo'), settings: null },
    picky: { module: at('picky') },
    'monitored-picky': { module: at('picky'), policyMode: 'monitor' },
    curt: { module: at('curt') },
    unspoken: { module: at('unspoken') },
    newer: { module: at('newer') },
    older: { module: at('older') },
    wrong_url: { module: at('not-there') },
    'g-and': group('yes() && no()', ['yes', 'no']),
    'g-or': group('no() || yes()', ['no', 'yes']),
    'g-not': group('!no()', ['no']),
    'g-both-no': group('no() || noted()', ['no', 'noted']),
    'g-order': group('noted() || no()', ['no', 'noted']),
    'g-short': group('no() && noted()', ['no', 'noted']),
    'g-mutates': group('mutates()', ['mutates']),
    'g-not-mutates': group('!mutates()', ['mutates']),
    'g-not-erring': group('!erring()', ['erring']),
    'g-erring-or': group('erring() || yes()', ['erring', 'yes']),
    'g-monitored': group('no()', ['no'], { policyMode: 'monitor' }),
    'g-unknown': group('yes() && other()', ['yes']),
    'g-broken': group('yes() || picky()', ['yes', 'picky']),
    'g-warns': group('yes() || noted()', ['yes', 'noted']),
  };
}

/** What the policies of §8 ask their host, by their ids, and what they were granted. */
export const QUESTIONS: Readonly<Record<string, Question & { readonly granted?: readonly string[] }>> = {
  'asks-elsewhere': {
    binding: 'elsewhere',
    namespace: 'kubernetes',
    operation: 'can_i',
    payload: '{}',
    granted: ['*'],
  },
  'asks-ungranted': { namespace: 'net', operation: 'v1/dns_lookup_host', payload: '"localhost"' },
  'asks-other-granted': {
    namespace: 'net',
    operation: 'v1/dns_lookup_host',
    payload: '"localhost"',
    granted: ['oci/*'],
  },
  'asks-granted': { namespace: 'net', operation: 'v1/dns_lookup_host', payload: '"localhost"', granted: ['net/*'] },
  'asks-exactly': {
    namespace: 'net',
    operation: 'v1/dns_lookup_host',
    payload: '"localhost"',
    granted: ['net/v1/dns_lookup_host'],
  },
  'asks-nowhere': { namespace: 'nowhere', operation: 'v1/x', payload: '{}', granted: ['*'] },
  'asks-nothing': { namespace: 'oci', operation: 'v1/x', payload: '{}', granted: ['*'] },
  'asks-secrets': {
    namespace: 'kubernetes',
    operation: 'list_resources_all',
    payload: '{"api_version":"v1","kind":"Secret"}',
    granted: ['*'],
  },
  'asks-unsigned': {
    namespace: 'oci',
    operation: 'v1/verify',
    payload: '{"SigstorePubKeyVerify":{"image":"registry.invalid/a:1","pub_keys":[]}}',
    granted: ['*'],
  },
  logs: { namespace: 'tracing', operation: 'log', payload: '{"level":"info","message":"seen","more":1}' },
};

function questionPolicies(at: (module: string) => string): object {
  return Object.fromEntries(
    Object.entries(QUESTIONS).map(([id, { granted }]) => [id, { module: at(id), hostCapabilities: granted ?? [] }]),
  );
}

/** `assembled`: made of a few hundred bytes each, ready within a moment. `kinds`: what toolchains have built. */
export type PolicySet = 'assembled' | 'questions' | 'kinds';
export const ALL_SETS: readonly PolicySet[] = ['assembled', 'questions', 'kinds'];

function filesOf(set: PolicySet): Readonly<Record<string, Uint8Array>> {
  switch (set) {
    case 'assembled':
      return MODULES;
    case 'questions':
      return Object.fromEntries(Object.entries(QUESTIONS).map(([id, question]) => [id, asking(question)]));
    case 'kinds':
      return kindFiles();
  }
}

/** Writes modules and `policies.yml` into a folder; returns the path of the latter. */
export function writePolicies(folder: string, sets: readonly PolicySet[] = ALL_SETS): string {
  const at = (module: string): string => `file://${join(folder, `${module}.wasm`)}`;
  const entries = sets.map((set) => {
    const files = filesOf(set);
    for (const [name, module] of Object.entries(files)) writeFileSync(join(folder, `${name}.wasm`), module);
    if (set === 'assembled') return policies(at);
    return set === 'questions' ? questionPolicies(at) : kindPolicies(new Set(Object.keys(files)), at);
  });
  const file = join(folder, 'policies.yml');
  writeFileSync(file, JSON.stringify(Object.assign({}, ...entries), null, 2));
  return file;
}
