import { fileURLToPath } from 'node:url';

/** The reviews that the HTTP suites start from, and honest modules to answer them. */
export const SECRET = 'secret-token-of-jane';
export const UID = '0d4c1b0e-1111-4222-8333-444455556666';

export function tokenReview(token: string = SECRET): object {
  return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
}

export function accessReview(): object {
  const resourceAttributes = { namespace: 'team-a', verb: 'get', version: 'v1', resource: 'pods', name: 'web' };
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: 'jane', groups: ['dev'], resourceAttributes },
  };
}

/** A CREATE of an object of the group `conformance.test`; `resource` chooses the module that judges it. */
export function admissionReview(resource: string, object: unknown = { metadata: { name: 'a' } }): object {
  const group = 'conformance.test';
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: UID,
      kind: { group, version: 'v1', kind: 'Thing' },
      resource: { group, version: 'v1', resource },
      name: 'a',
      namespace: 'default',
      operation: 'CREATE',
      userInfo: { username: 'jane' },
      object,
      oldObject: null,
      dryRun: false,
      options: null,
    },
  };
}

export function ruleFor(resource: string): object {
  return { operations: ['*'], apiGroups: ['conformance.test'], apiVersions: ['v1'], resources: [resource] };
}

/** The AssemblyScript guests of the contract suite, which need no other toolchain. */
export function guest(name: 'gates' | 'mutator'): string {
  return fileURLToPath(new URL(`../../guests/as/${name}/build/${name}.wasm`, import.meta.url));
}

/** An honest module for each gate; the admission ones judge the resource `honest`. */
export const HONEST_GATES = {
  authn: [{ name: 'tokens', module: guest('gates') }],
  authz: [{ name: 'access', module: guest('gates') }],
  admission: [
    { name: 'validator', module: guest('gates'), rules: [ruleFor('honest')] },
    { name: 'mutator', module: guest('mutator'), mutating: true, rules: [ruleFor('honest')] },
  ],
};
