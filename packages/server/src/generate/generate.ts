import type { GatesConfig } from '../config/types.ts';
import { admissionFiles } from './admission.ts';
import { authorizationConfiguration } from './authorization.ts';
import type { GeneratedFile } from './document.ts';
import { flagsFile } from './flags.ts';
import { AUTHENTICATION_KUBECONFIG, AUTHORIZATION_KUBECONFIG, webhookKubeconfig } from './kubeconfig.ts';
import { resolveOptions, type GenerateOptions } from './options.ts';
import { activePhases } from './webhooks.ts';

export type { GeneratedFile } from './document.ts';
export type { GenerateOptions } from './options.ts';
export { GenerateError } from './errors.ts';

/**
 * Everything a stock API server needs to ask the configured gates: kubeconfigs, an AuthorizationConfiguration, webhook
 * configurations as objects and as static manifests, and the flags to add. A gate that is off, or an admission gate
 * whose modules can never be called, leaves no file. Pure; throws GenerateError for an unusable option.
 */
export function generateApiServerFiles(config: GatesConfig, options: GenerateOptions): readonly GeneratedFile[] {
  const target = resolveOptions(options);
  const { authentication, authorization, admission } = config;
  const phases = activePhases(admission ?? []);
  const gates = {
    authentication: authentication !== undefined,
    authorization: authorization !== undefined,
    admission: phases.length > 0,
  };
  return [
    ...(gates.authentication ? [webhookKubeconfig(AUTHENTICATION_KUBECONFIG, '/authn', target)] : []),
    ...(authorization === undefined
      ? []
      : [
          webhookKubeconfig(AUTHORIZATION_KUBECONFIG, '/authz', target),
          authorizationConfiguration(authorization, target),
        ]),
    ...(gates.admission ? admissionFiles(phases, target) : []),
    flagsFile(gates, target),
  ];
}
