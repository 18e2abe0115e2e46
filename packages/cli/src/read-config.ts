import { isAbsolute, join, resolve } from 'node:path';
import {
  readGatesConfig,
  type GateFiles,
  type GatesConfig,
  type Log,
  type ModuleConfig,
  type PolicyConfig,
  type PolicyModuleConfig,
  type TrackedFiles,
} from '@ostiary/server';

export interface ReadConfigOptions {
  readonly lenient: boolean;
  /** Where relative module paths start; default: the working directory, as in the original. */
  readonly modulesIn?: string;
  readonly log: Log;
}

/** A function that reads the configuration through tracked files and logs its warnings. */
export function readConfigOf(
  files: GateFiles,
  options: ReadConfigOptions,
): (files: TrackedFiles) => Promise<GatesConfig> {
  return async (tracked) => {
    const { lenient, modulesIn, log } = options;
    const config = await readGatesConfig(files, { lenient, readFile: (path) => tracked.read(path) });
    for (const { file, line, column, field, message } of config.warnings) {
      log('warn', 'configuration', { position: `${file}:${line}:${column}`, field, warning: message });
    }
    return modulesIn === undefined ? config : rebased(config, modulesIn);
  };
}

function rebased(config: GatesConfig, base: string): GatesConfig {
  const rebase = <T extends ModuleConfig>(entries: readonly T[] | undefined): readonly T[] | undefined =>
    entries?.map((entry) => (isAbsolute(entry.module) ? entry : { ...entry, module: join(base, entry.module) }));
  return {
    ...config,
    authentication: rebase(config.authentication),
    authorization: rebase(config.authorization),
    admission: rebase(config.admission),
    policies: config.policies && new Map([...config.policies].map(([id, policy]) => [id, rebasedPolicy(policy, base)])),
  };
}

function rebasedPolicy(policy: PolicyConfig, base: string): PolicyConfig {
  if (policy.kind === 'policy') return withModuleIn(policy, base);
  return {
    ...policy,
    members: new Map([...policy.members].map(([name, member]) => [name, withModuleIn(member, base)])),
  };
}

/** Of policies only what starts with a dot is a relative path, and must not become an image reference. */
function withModuleIn<T extends PolicyModuleConfig>(policy: T, base: string): T {
  return policy.module.startsWith('.') ? { ...policy, module: resolve(base, policy.module) } : policy;
}
