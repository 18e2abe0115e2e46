import type { ApiResource, KubeObject } from '@ostiary/kube';
import { apiVersionOf } from '@ostiary/kube';
import { defined } from '../json.ts';
import type { PlannedPolicy } from '../plan/plan.ts';
import { severityOf, summaryOf, type Finding, type ObjectReport } from './model.ts';

/** By these labels dashboards find reports, and we find our own again (contract: controller §8.4). */
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';
export const MANAGED_BY = 'kubewarden';
export const RUN_UID_LABEL = 'kubewarden.io/audit-scanner-run-uid';
const VERSION_LABEL = 'kubewarden.io/policyreport-version';
const SOURCE = 'kubewarden';

/** Ours: by it a later run knows whether a policy has changed, which its resource version can't tell. */
export const GENERATION_PROPERTY = 'policy-generation';

/** What a report object holds beside its metadata. */
export interface ReportResource extends KubeObject {
  readonly scope: Readonly<Record<string, string>>;
  readonly summary: Readonly<Record<string, number>>;
  readonly results: readonly object[];
}

/** One text in etcd may have 1.5 MiB; 10,000 policies must not make a report bigger than that by their messages. */
const MAX_MESSAGE_LENGTH = 4096;

/** The report of an object, ready to be applied. `kind` is the report kind that fits the object's scope. */
export function reportResource(report: ObjectReport, kind: ApiResource, runUid: string): ReportResource {
  const { apiVersion, kind: objectKind, metadata } = report.object;
  const { name, namespace, uid = '', resourceVersion } = metadata;
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: {
      name: uid,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { [MANAGED_BY_LABEL]: MANAGED_BY, [VERSION_LABEL]: 'v2', [RUN_UID_LABEL]: runUid },
      ownerReferences: [{ apiVersion, kind: objectKind, name, uid }],
    },
    scope: textsOnly({ apiVersion, kind: objectKind, namespace, name, uid, resourceVersion }),
    summary: { ...summaryOf(report) },
    results: report.findings.map(resultOf),
  };
}

function resultOf({ planned, outcome, message, at }: Finding): object {
  return defined({
    source: SOURCE,
    policy: planned.id,
    category: planned.policy.category,
    severity: severityOf(planned),
    timestamp: { seconds: at, nanos: 0 },
    result: outcome,
    scored: true,
    resourceSelector: {},
    message: message === '' ? undefined : clip(message),
    properties: propertiesOf(planned),
  });
}

function propertiesOf({ policy }: PlannedPolicy): Readonly<Record<string, string>> {
  return textsOnly({
    [policy.mutating ? 'mutating' : 'validating']: 'true',
    'context-aware': policy.contextAware ? 'true' : undefined,
    'policy-resource-version': policy.resourceVersion,
    'policy-uid': policy.uid,
    'policy-name': policy.name,
    'policy-namespace': policy.namespace === '' ? undefined : policy.namespace,
    [GENERATION_PROPERTY]: String(policy.generation),
  });
}

function clip(message: string): string {
  return message.length <= MAX_MESSAGE_LENGTH ? message : `${message.slice(0, MAX_MESSAGE_LENGTH)}…`;
}

function textsOnly(texts: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(texts).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
}
