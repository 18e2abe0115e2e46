import { labelSelector, objectReference } from './core.ts';
import type { Column, Resource, Version } from './manifest.ts';
import {
  anyObject,
  array,
  boolean,
  int32,
  int64,
  map,
  object,
  required,
  string,
  words,
  type Schema,
} from './schema.ts';

/** Reports as the audit scanner writes them and dashboards read them (contract: controller §8.4). */

const result = object({
  source: string(),
  policy: required(string()),
  rule: string(),
  category: string(),
  severity: words(['critical', 'high', 'low', 'medium', 'info']),
  timestamp: object({ seconds: required(int64()), nanos: required(int32()) }),
  result: words(['pass', 'fail', 'warn', 'error', 'skip']),
  scored: boolean(),
  resources: array(objectReference),
  resourceSelector: labelSelector,
  message: string(),
  properties: map(string()),
});

const count = int64({ minimum: 0 });
const summary = object({ pass: count, fail: count, warn: count, error: count, skip: count });

const members: Readonly<Record<string, Schema>> = {
  scope: objectReference,
  scopeSelector: labelSelector,
  summary,
  results: array(result),
};

const counter = (name: string): Column => ({ name, type: 'integer', jsonPath: `.summary.${name.toLowerCase()}` });

const COLUMNS: readonly Column[] = [
  { name: 'Kind', type: 'string', jsonPath: '.scope.kind' },
  { name: 'Name', type: 'string', jsonPath: '.scope.name', priority: 1 },
  ...['Pass', 'Fail', 'Warn', 'Error', 'Skip'].map(counter),
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

function version(name: string, more: Readonly<Record<string, Schema>>): Version {
  return { name, storage: true, columns: COLUMNS, members: { ...members, ...more }, hasStatus: false };
}

const WG_POLICY = {
  group: 'wgpolicyk8s.io',
  description: 'What policies say of an object that exists.',
  versions: [version('v1alpha2', {})],
} as const;

const OPEN_REPORTS = {
  group: 'openreports.io',
  description: 'What policies say of an object that exists.',
  versions: [version('v1alpha1', { source: string(), configuration: anyObject() })],
} as const;

export const POLICY_REPORTS: readonly Resource[] = [
  { ...WG_POLICY, kind: 'PolicyReport', plural: 'policyreports', shortName: 'polr', scope: 'Namespaced' },
  { ...WG_POLICY, kind: 'ClusterPolicyReport', plural: 'clusterpolicyreports', shortName: 'cpolr', scope: 'Cluster' },
];

export const OPEN_REPORT_RESOURCES: readonly Resource[] = [
  { ...OPEN_REPORTS, kind: 'Report', plural: 'reports', shortName: 'reps', scope: 'Namespaced' },
  { ...OPEN_REPORTS, kind: 'ClusterReport', plural: 'clusterreports', shortName: 'creps', scope: 'Cluster' },
];
