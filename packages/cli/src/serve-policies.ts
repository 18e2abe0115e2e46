import type { FailureMode, Log, ServeOptions, ServerSettings } from '@ostiary/server';
import { registryOptionsOf } from './serve-registry.ts';

const MS_PER_SECOND = 1000;

/** What the settings say of policies. */
export async function policyOptionsOf(
  settings: ServerSettings,
  log: Log,
): Promise<Pick<ServeOptions, 'failureMode' | 'policies' | 'alwaysAcceptNamespace'>> {
  return {
    failureMode: failureModeOf(settings),
    policies: {
      timeoutMs: settings.policyTimeout * MS_PER_SECOND,
      timeoutProtection: !settings.disableTimeoutProtection,
      ...(settings.policies !== undefined && (await registryOptionsOf(settings, log))),
    },
    alwaysAcceptNamespace: settings.alwaysAcceptAdmissionReviewsOnNamespace,
  };
}

/** The original's flag is the more particular one. When nobody says, a bad module hurts only itself. */
function failureModeOf({ continueOnErrors, onBadPolicy }: ServerSettings): FailureMode {
  if (continueOnErrors) return 'continueOnErrors';
  return onBadPolicy === 'refuse' ? 'strict' : 'isolate';
}
