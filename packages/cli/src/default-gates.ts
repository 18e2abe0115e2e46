import { join, relative } from 'node:path';
import type { GateFiles } from '@ostiary/server';
import { assetFolder } from './assets.ts';

const EXAMPLES = assetFolder('examples');

/** Where the paths of the example modules start. */
export const DEFAULT_MODULES_IN = relative(process.cwd(), join(EXAMPLES, '..'));

/** The configuration that `ostiary serve` runs when it is given none: the example modules. */
export const DEFAULT_GATES: GateFiles = {
  authentication: path('authentication.yaml'),
  authorization: path('authorization.yaml'),
  admission: path('admission.yaml'),
  policies: path('policies.yml'),
};

function path(name: string): string {
  return relative(process.cwd(), join(EXAMPLES, 'config', name));
}

/** A review to send, and what its answer shows. */
interface Trial {
  readonly shows: string;
  readonly endpoint: string;
  readonly body: unknown;
}

/** One command per thing to see, ready to paste. */
export function tryItOut(host: string, port: number, authority: string | undefined): string {
  const origin = `${authority === undefined ? 'http' : 'https'}://${host}:${port}`;
  const trust = authority === undefined ? '' : ` --cacert ${authority}`;
  const commands = TRIALS.map(
    ({ shows, endpoint, body }) =>
      `# ${shows}\ncurl -s${trust} ${origin}${endpoint} -H 'content-type: application/json' -d '${JSON.stringify(body)}'; echo\n`,
  );
  return `\nThe example modules serve at ${origin}. Paste into another terminal, in this folder:\n\n${commands.join('\n')}\n`;
}

const TRIALS: readonly Trial[] = [
  { shows: 'authentication: magic-token is magic-user', endpoint: '/authn', body: tokenReview('magic-token') },
  {
    shows: 'authorization: the magic-group may list configmaps …',
    endpoint: '/authz',
    body: accessReview('configmaps'),
  },
  { shows: '… and nobody vouches for secrets', endpoint: '/authz', body: accessReview('secrets') },
  {
    shows: 'admission, validating: a ConfigMap with the key not-allowed-value is rejected',
    endpoint: '/admit',
    body: configMapReview({ 'not-allowed-value': 'x' }),
  },
  {
    shows: 'admission, mutating: a ConfigMap gets magic-value (the patch is base64)',
    endpoint: '/admit-mut',
    body: configMapReview({ colour: 'blue' }),
  },
  {
    shows: 'a policy: what has no owner is rejected',
    endpoint: '/validate/owned',
    body: configMapReview({ colour: 'blue' }),
  },
];

function tokenReview(token: string): unknown {
  return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
}

function accessReview(resource: string): unknown {
  const resourceAttributes = { namespace: 'default', verb: 'list', version: 'v1', resource };
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: 'magic-user', groups: ['magic-group'], resourceAttributes },
  };
}

function configMapReview(data: Readonly<Record<string, string>>): unknown {
  const kind = { group: '', version: 'v1', kind: 'ConfigMap' };
  const resource = { group: '', version: 'v1', resource: 'configmaps' };
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: '6c2f1d0e-3f43-4e0c-9a36-0f3b8f1f3a11',
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      name: 'example',
      namespace: 'default',
      operation: 'CREATE',
      userInfo: { username: 'magic-user', groups: ['magic-group'] },
      object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'example', namespace: 'default' }, data },
      oldObject: null,
      dryRun: false,
      options: { apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions' },
    },
  };
}
