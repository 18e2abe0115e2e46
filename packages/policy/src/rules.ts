/** A RuleWithOperations of admissionregistration.k8s.io/v1, as the admission configuration lists them. */
export interface Rule {
  readonly operations: readonly string[];
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly resources: readonly string[];
  /** `Cluster`, `Namespaced` or `*`; absent means `*`. */
  readonly scope?: string;
}
