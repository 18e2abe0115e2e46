import type { AuthorizationModuleConfig } from '../config/types.ts';
import { yamlFile, type GeneratedFile } from './document.ts';
import { AUTHORIZATION_KUBECONFIG } from './kubeconfig.ts';
import type { Target } from './options.ts';
import { webhookTimeout } from './timeout.ts';

export const AUTHORIZATION_CONFIGURATION = 'authorization-configuration.yaml';

/**
 * The authorizers of the API server with the gate behind Node and RBAC, as the extension's documentation orders them.
 * Nothing is cached, because the original caches nothing (contract: fork, section 7).
 */
export function authorizationConfiguration(
  modules: readonly AuthorizationModuleConfig[],
  target: Target,
): GeneratedFile {
  const comment =
    'For --authorization-config. It replaces --authorization-mode: adapt the first two authorizers to it.';
  return yamlFile(AUTHORIZATION_CONFIGURATION, comment, {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthorizationConfiguration',
    authorizers: [
      { type: 'Node', name: 'node' },
      { type: 'RBAC', name: 'rbac' },
      { type: 'Webhook', name: target.name, webhook: authorizer(modules, target) },
    ],
  });
}

function authorizer(modules: readonly AuthorizationModuleConfig[], target: Target): Readonly<Record<string, unknown>> {
  const denies = modules.length > 0 && modules.every(({ failurePolicy }) => failurePolicy === 'Deny');
  return {
    timeout: `${webhookTimeout(modules, target)}s`,
    subjectAccessReviewVersion: 'v1',
    matchConditionSubjectAccessReviewVersion: 'v1',
    failurePolicy: denies ? 'Deny' : 'NoOpinion',
    cacheAuthorizedRequests: false,
    cacheUnauthorizedRequests: false,
    connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: target.mounted(AUTHORIZATION_KUBECONFIG) },
  };
}
