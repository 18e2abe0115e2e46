import type { ApiResource } from '@ostiary/kube';

/** The groups of reports: what an audit writes is not audited, or every report would make another one. */
const REPORT_GROUPS: ReadonlySet<string> = new Set(['wgpolicyk8s.io', 'openreports.io', 'reports.kyverno.io']);

/** Admission never sees the objects that set admission up, so that nobody can lock everybody out. */
const EXEMPT: ReadonlySet<string> = new Set([
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
]);

/** Resources of two groups that are the same objects; the second is read as the first. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['events.k8s.io/events', '/events'],
  ['extensions/ingresses', 'networking.k8s.io/ingresses'],
]);

/** Whether objects of a resource exist on their own and have passed admission: they can be listed and created. */
export function isAuditable({ group, plural, verbs }: ApiResource): boolean {
  if (REPORT_GROUPS.has(group)) return false;
  if (group === 'admissionregistration.k8s.io' && EXEMPT.has(plural)) return false;
  return verbs.length === 0 || (verbs.includes('list') && verbs.includes('create'));
}

/** What is the same for all versions of a resource, and for groups that share their objects. */
export function storageOf({ group, plural }: Pick<ApiResource, 'group' | 'plural'>): string {
  const own = `${group}/${plural}`;
  return ALIASES.get(own) ?? own;
}
