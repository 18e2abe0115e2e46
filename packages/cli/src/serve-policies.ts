import {
  createCapabilityThread,
  type CapabilityThreadOptions,
  type FailureMode,
  type Log,
  type ServeOptions,
  type ServerSettings,
} from '@ostiary/server';
import type { RegistryOptions } from './serve-registry.ts';

const MS_PER_SECOND = 1000;

/** What the settings say of policies. */
export async function policyOptionsOf(
  settings: ServerSettings,
  registry: RegistryOptions,
  log: Log,
  logFormat: CapabilityThreadOptions['logFormat'],
): Promise<Pick<ServeOptions, 'failureMode' | 'policies' | 'alwaysAcceptNamespace' | 'hostCalls'>> {
  return {
    failureMode: failureModeOf(settings),
    policies: {
      timeoutMs: settings.policyTimeout * MS_PER_SECOND,
      timeoutProtection: !settings.disableTimeoutProtection,
      ...registry.options,
      ...(settings.policies !== undefined && { checkHostCapabilities: await capabilityCheck() }),
    },
    alwaysAcceptNamespace: settings.alwaysAcceptAdmissionReviewsOnNamespace,
    ...(settings.policies !== undefined && { hostCalls: capabilitiesOf(settings, registry, log, logFormat) }),
  };
}

/** Throws for a pattern that is none. Loaded by servers with policies only. */
async function capabilityCheck(): Promise<(patterns: readonly string[]) => void> {
  const { parseCapabilityPatterns } = await import('@ostiary/registry');
  return (patterns) => {
    const parsed = parseCapabilityPatterns(patterns);
    if (!parsed.ok) throw new Error(parsed.problems[0]?.message);
  };
}

/** What policies ask their host is answered on a thread of its own, with the registries' settings of the server. */
function capabilitiesOf(
  { sourcesPath, dockerConfigJsonPath, sigstoreTrustConfig, sigstoreCacheDir }: ServerSettings,
  { onReplaced }: RegistryOptions,
  log: Log,
  logFormat: CapabilityThreadOptions['logFormat'],
): NonNullable<ServeOptions['hostCalls']> {
  const thread = createCapabilityThread({
    sourcesPath,
    dockerConfigJsonPath,
    sigstoreTrustConfig,
    sigstoreCacheDir,
    log,
    logFormat,
  });
  onReplaced(thread.reload);
  return thread;
}

/** The original's flag is the more particular one. When nobody says, a bad module hurts only itself. */
function failureModeOf({ continueOnErrors, onBadPolicy }: ServerSettings): FailureMode {
  if (continueOnErrors) return 'continueOnErrors';
  return onBadPolicy === 'refuse' ? 'strict' : 'isolate';
}
