import { conditions } from '../crd/core.ts';
import { anyObject, describe, int32, intOrString, object, required, string, words, type Infer } from '../crd/schema.ts';
import { observedGeneration, serversStatus } from './policy.ts';

/**
 * The schemas of AuthenticationModule and AuthorizationModule: modules of the other two gates, which the API server
 * asks through webhooks of its own configuration. Defaults are those of the configuration files.
 */

const common = {
  module: describe(
    'Where the module is: registry://, https://, http:// or file://; without a scheme, in a registry.',
    required(string({ minLength: 1, maxLength: 4_096 })),
  ),
  settings: describe('Handed to the module as they are.', anyObject({ nullable: true })),
  order: describe(
    'Modules are asked from the lowest number up; those with the same number, by name.',
    int32({ default: 0 }),
  ),
  policyServer: describe(
    'The PolicyServer that runs this module.',
    string({ minLength: 1, maxLength: 63, default: 'default' }),
  ),
  timeoutSeconds: describe('Seconds that one call may take.', int32({ minimum: 1, maximum: 30, default: 2 })),
  memory: describe(
    'The most linear memory that the module may have, from 64Ki to 4Gi.',
    intOrString({ pattern: '^[1-9][0-9]{0,11}(Ki|Mi|Gi|k|M|G)?$', default: '128Mi' }),
  ),
};

export const authenticationModuleSpec = object(common);

export const authorizationModuleSpec = object({
  ...common,
  failurePolicy: describe(
    'What a module that fails counts as. It never counts as an allowance.',
    words(['NoOpinion', 'Deny'], { default: 'NoOpinion' }),
  ),
});

export const moduleStatus = object({
  state: describe(
    'pending: not on every pod yet; active: every pod asks it; failed: it could not be loaded, the conditions say why.',
    required(words(['unscheduled', 'pending', 'active', 'failed'])),
  ),
  conditions,
  observedGeneration,
  servers: serversStatus,
});

export type AuthenticationModuleSpec = Infer<typeof authenticationModuleSpec>;
export type AuthorizationModuleSpec = Infer<typeof authorizationModuleSpec>;
export type ModuleStatus = Infer<typeof moduleStatus>;
