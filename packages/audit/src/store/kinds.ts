import type { ApiResource, Discovery } from '@ostiary/kube';
import { AuditError } from '../errors.ts';

export const REPORT_KINDS = ['policyreport', 'openreports'] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

/** The two resources of a report kind, in the version that the API server has. */
export interface ReportResources {
  readonly kind: ReportKind;
  readonly namespaced: ApiResource;
  readonly cluster: ApiResource;
}

const PLURALS: Readonly<
  Record<
    ReportKind,
    { readonly group: string; readonly version: string; readonly namespaced: string; readonly cluster: string }
  >
> = {
  policyreport: {
    group: 'wgpolicyk8s.io',
    version: 'v1alpha2',
    namespaced: 'policyreports',
    cluster: 'clusterpolicyreports',
  },
  openreports: { group: 'openreports.io', version: 'v1alpha1', namespaced: 'reports', cluster: 'clusterreports' },
};

/** Undefined when the API server doesn't have both. Throws KubeError. */
export async function reportResources(discovery: Discovery, kind: ReportKind): Promise<ReportResources | undefined> {
  const { group, version, namespaced, cluster } = PLURALS[kind];
  const find = async (plural: string): Promise<ApiResource | undefined> =>
    (await discovery.resourceFor({ group, version, plural })) ?? discovery.resourceFor({ group, plural });
  const [one, other] = [await find(namespaced), await find(cluster)];
  return one === undefined || other === undefined ? undefined : { kind, namespaced: one, cluster: other };
}

/** The kind that was asked for, or else the one that is installed. Throws AuditError `no-report-kind`, KubeError. */
export async function chooseReportKind(discovery: Discovery, wanted?: ReportKind): Promise<ReportResources> {
  for (const kind of wanted === undefined ? REPORT_KINDS : [wanted]) {
    const found = await reportResources(discovery, kind);
    if (found !== undefined) return found;
  }
  const groups = (wanted === undefined ? REPORT_KINDS : [wanted]).map((kind) => PLURALS[kind].group);
  throw new AuditError('no-report-kind', `the API server has no reports of ${groups.join(' or ')}: install their CRDs`);
}
