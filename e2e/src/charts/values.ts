/** Sets of values, by what they are for. Every one must render, and be taken by an API server without a warning. */
export const VALUES: Readonly<Record<string, object>> = {
  defaults: {},
  'recommended policies that protect': {
    recommendedPolicies: { enabled: true, defaultPolicyMode: 'protect', skipAdditionalNamespaces: ['elsewhere'] },
  },
  'several replicas everywhere': {
    replicas: 3,
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    podAnnotations: { a: 'b' },
    policyServer: {
      replicaCount: 3,
      minAvailable: 2,
      limits: { cpu: '1', memory: '512Mi' },
      requests: { cpu: '100m', memory: '64Mi' },
      annotations: { team: 'security' },
      autoscaling: { minReplicas: 2, maxReplicas: 6, targetCPUUtilizationPercentage: 70 },
      networkPolicy: { enabled: true, from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
      ],
    },
  },
  'telemetry, a private registry and pull secrets': {
    telemetry: { metrics: true, tracing: true, custom: { endpoint: 'http://collector:4317', insecure: true } },
    global: {
      cattle: { systemDefaultRegistry: 'mirror.example' },
      priorityClassName: 'system-cluster-critical',
      tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'pool', operator: 'In', values: ['infra'] }] }],
          },
        },
      },
    },
    imagePullSecrets: ['plain', { name: 'mapped' }],
    additionalEnvironmentVariables: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }],
    additionalLabels: { team: 'security' },
    additionalAnnotations: { note: 'x' },
    policyServer: {
      insecureSources: ['localhost:5000'],
      sourceAuthorities: [{ uri: 'r.example', certs: ['-----BEGIN CERTIFICATE-----'] }],
      namespacedPoliciesCapabilities: ['oci/*'],
      webhookPort: 9443,
      readinessProbePort: 9444,
      metricsPort: 9090,
    },
  },
  'on the network of its nodes, with mutual TLS and IDs as before': {
    hostNetwork: true,
    mTLS: { enable: true, configMapName: 'client-ca' },
    policyIdScheme: 'legacy',
    certificates: 'cert-manager',
    alwaysAcceptAdmissionReviewsOnDeploymentsNamespace: false,
  },
  'nothing but the controller': {
    fullnameOverride: 'kubewarden-controller',
    auditScanner: { enable: false },
    policyServer: { enabled: false },
  },
  'an audit that is told everything': {
    auditScanner: {
      reportCRDsKind: 'policyreport',
      outputScan: true,
      disableStore: true,
      cronJob: { schedule: '0 4 * * *' },
      additionalReadRules: [{ apiGroups: ['example.com'], resources: ['widgets'] }],
    },
  },
  'an audit that stays': { auditScanner: { continuous: { enable: true, replicas: 2 } } },
};

/** Values that can't be meant, and what helm is to say. */
export const REFUSED: readonly (readonly [object, RegExp])[] = [
  [{ mTLS: { enable: true } }, /mTLS\.enable needs mTLS\.configMapName/],
  [{ policyServer: { minAvailable: 1, maxUnavailable: 1 } }, /exclude each other/],
  [{ recommendedPolicies: { enabled: true, defaultPolicyMode: 'loud' } }, /must be monitor or protect/],
];
