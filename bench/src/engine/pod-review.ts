/** A pod as the API server sends one for review: a web server with a sidecar, defaults filled in. */
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'forbidden',
    namespace: 'default',
    uid: '0f6c2f7e-8b0b-4b1e-9b55-3d3f5a7f0c11',
    creationTimestamp: '2026-03-01T10:20:30Z',
    labels: {
      app: 'shop',
      'app.kubernetes.io/name': 'shop',
      'app.kubernetes.io/component': 'frontend',
      'pod-template-hash': '7d9c5b8f6d',
    },
    annotations: {
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '9113',
      'example.com/description': 'The shop\'s "front" – as seen by customers.\nOwned by team été.',
    },
  },
  spec: {
    volumes: [
      { name: 'config', configMap: { name: 'shop-config', defaultMode: 420 } },
      { name: 'cache', emptyDir: { sizeLimit: '64Mi' } },
    ],
    containers: [container('web', 8080), container('metrics', 9113)],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'shop',
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, fsGroup: 2000, seccompProfile: { type: 'RuntimeDefault' } },
    schedulerName: 'default-scheduler',
    tolerations: [
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ],
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
  },
  status: {},
};

function container(name: string, containerPort: number): unknown {
  return {
    name,
    image: `registry.example.com/shop/${name}:1.4.2`,
    ports: [{ name, containerPort, protocol: 'TCP' }],
    env: [
      { name: 'LOG_LEVEL', value: 'info' },
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    ],
    resources: { limits: { cpu: '500m', memory: '128Mi' }, requests: { cpu: '50m', memory: '64Mi' } },
    volumeMounts: [{ name: 'config', readOnly: true, mountPath: '/etc/shop' }],
    readinessProbe: { httpGet: { path: '/healthz', port: containerPort, scheme: 'HTTP' }, periodSeconds: 10 },
    terminationMessagePath: '/dev/termination-log',
    imagePullPolicy: 'IfNotPresent',
    securityContext: { capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
  };
}

const REQUEST = {
  uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
  kind: { group: '', version: 'v1', kind: 'Pod' },
  resource: { group: '', version: 'v1', resource: 'pods' },
  requestKind: { group: '', version: 'v1', kind: 'Pod' },
  requestResource: { group: '', version: 'v1', resource: 'pods' },
  name: 'forbidden',
  namespace: 'default',
  operation: 'CREATE',
  userInfo: {
    username: 'system:serviceaccount:kube-system:replicaset-controller',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
  },
  object: POD,
  oldObject: null,
  dryRun: false,
  options: { apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions' },
};

/** What a module of the k8s-wasm module specification reads (contract: fork §4): a whole review. */
export const MODULE_INPUT = JSON.stringify({
  request: { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: REQUEST },
  settings: {},
});

/** What an OPA policy reads (contract: policy-server §7.3); its settings are data. */
export const OPA_INPUT = JSON.stringify({ request: REQUEST });

/** What a Gatekeeper policy reads (contract: policy-server §7.4). */
export const GATEKEEPER_INPUT = JSON.stringify({ parameters: { labels: ['owner'] }, review: REQUEST });

/** What a Kubewarden policy reads (contract: policy-server §7.1): the review's request. */
export const POLICY_INPUT = JSON.stringify({ request: REQUEST, settings: {} });
