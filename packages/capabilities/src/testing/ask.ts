import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { resource, type ApiResource } from '@ostiary/kube';
import { startFakeApiServer, type FakeApiServer } from '@ostiary/kube/testing';
import type { HostAnswer, HostCall } from '@ostiary/sandbox';
import { createCapabilities, type Capabilities, type CapabilitiesOptions } from '../capabilities.ts';
import type { Answered, HostGrants, ResourceKind } from '../contract.ts';

const verbs = ['get', 'list', 'watch', 'create'];
export const PODS = resource('v1', 'Pod', 'pods', { verbs });
export const NAMESPACES = resource('v1', 'Namespace', 'namespaces', { verbs, namespaced: false });
export const INGRESSES = resource('networking.k8s.io/v1', 'Ingress', 'ingresses', { verbs });

export const KINDS: readonly ResourceKind[] = [
  { apiVersion: 'v1', kind: 'Pod' },
  { apiVersion: 'v1', kind: 'Namespace' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
  { apiVersion: 'example.com/v1', kind: 'Missing' },
];

export const ALL: HostGrants = { hostCapabilities: ['*'], contextAwareResources: KINDS };

export function call(path: string, payload: unknown): HostCall {
  const slash = path.indexOf('/');
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return {
    binding: 'kubewarden',
    namespace: path.slice(0, slash),
    operation: path.slice(slash + 1),
    payload: new TextEncoder().encode(text),
  };
}

export interface Asking {
  readonly capabilities: Capabilities;
  readonly answered: (path: string, payload: unknown, options?: AskOptions) => Promise<Answered>;
  /** The JSON of an answer; fails when it is a refusal. */
  readonly json: (path: string, payload: unknown, options?: AskOptions) => Promise<unknown>;
  /** The text of a refusal; fails when it is an answer. */
  readonly error: (path: string, payload: unknown, options?: AskOptions) => Promise<string>;
}

export interface AskOptions {
  readonly grants?: HostGrants;
  readonly policy?: string;
  readonly signal?: AbortSignal;
}

/** Capabilities that end with the test. */
export function asking(t: TestContext, options: CapabilitiesOptions = {}): Asking {
  const capabilities = createCapabilities(options);
  t.after(() => capabilities.stop());
  const answered: Asking['answered'] = (path, payload, { grants = ALL, policy = 'p', signal } = {}) =>
    capabilities.answer(call(path, payload), { policy, grants }, signal ?? new AbortController().signal);
  return {
    capabilities,
    answered,
    json: async (path, payload, options) => jsonOf((await answered(path, payload, options)).answer),
    error: async (path, payload, options) => {
      const { answer } = await answered(path, payload, options);
      assert.ok(!answer.ok, 'expected a refusal');
      return answer.error;
    },
  };
}

export function jsonOf(answer: HostAnswer): unknown {
  assert.ok(answer.ok, answer.ok ? '' : answer.error);
  return JSON.parse(new TextDecoder().decode(answer.payload.slice()));
}

/** An API server that ends with the test. */
export async function apiServer(
  t: TestContext,
  resources: readonly ApiResource[] = [PODS, NAMESPACES, INGRESSES],
): Promise<FakeApiServer> {
  const server = await startFakeApiServer({ resources });
  t.after(() => server.stop());
  return server;
}

export function pod(namespace: string, name: string, spec: object = {}, metadata: object = {}) {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name, ...metadata }, spec };
}

/** Waits until `condition` holds, for 10 s at most. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('the condition did not come true');
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}
