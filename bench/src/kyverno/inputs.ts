import { POLICY_INPUT } from '../engine/pod-review.ts';

/** What is measured of the policy with Kyverno's engine, by name: a request with its settings, as JSON. */
export function kyvernoInputs(): ReadonlyMap<string, string> {
  const { request } = JSON.parse(POLICY_INPUT) as { readonly request: unknown };
  const input = (rules: readonly object[]): string =>
    JSON.stringify({ request, settings: { policies: [policy(rules)] } });
  return new Map([
    ['one pattern', input([TAGGED])],
    ['ten rules', input(Array.from({ length: 5 }, () => [TAGGED, DENIED]).flat())],
    ['a strategic merge', input([MERGED])],
  ]);
}

const MATCH = { any: [{ resources: { kinds: ['Pod'] } }] };
const TAGGED = {
  name: 'pinned',
  match: MATCH,
  validate: {
    message: 'images need a tag other than latest',
    pattern: { spec: { containers: [{ image: '*:?* & !*:latest' }] } },
  },
};
const DENIED = {
  name: 'named',
  match: MATCH,
  validate: {
    message: 'the name {{request.object.metadata.name}} is taken',
    deny: {
      conditions: { any: [{ key: '{{request.object.metadata.name}}', operator: 'Equals', value: 'forbidden' }] },
    },
  },
};
const MERGED = {
  name: 'owned',
  match: MATCH,
  mutate: { patchStrategicMerge: { metadata: { labels: { '+(owner)': '{{request.namespace}}' } } } },
};

function policy(rules: readonly object[]): object {
  const spec = { validationFailureAction: 'Enforce', rules };
  return { apiVersion: 'kyverno.io/v1', kind: 'ClusterPolicy', metadata: { name: 'sample' }, spec };
}
