import type { GateModule } from '../cluster/objects.ts';

/** Keys of the ConfigMap that hold the configuration files of the two gates. */
export const GATE_KEYS = {
  AuthenticationModule: 'authentication.yml',
  AuthorizationModule: 'authorization.yml',
} as const;

/**
 * The configuration files of the two gates (contract: fork §2), as JSON, which is YAML. A gate without modules has no file
 * and is off. Modules are asked by order, then by name.
 */
export function gateFiles(modules: readonly GateModule[]): Readonly<Record<string, string>> {
  const files = (['AuthenticationModule', 'AuthorizationModule'] as const).flatMap((kind) => {
    const own = modules.filter((module) => module.kind === kind).toSorted(byOrder);
    return own.length === 0 ? [] : [[GATE_KEYS[kind], JSON.stringify({ modules: own.map(gateEntry) })] as const];
  });
  return Object.fromEntries(files);
}

function byOrder(a: GateModule, b: GateModule): number {
  return (a.spec.order ?? 0) - (b.spec.order ?? 0) || (a.metadata.name < b.metadata.name ? -1 : 1);
}

/** One module as the configuration file names it. */
export function gateEntry({ metadata, spec }: GateModule): unknown {
  return {
    name: metadata.name,
    module: placeOf(spec.module),
    ...(spec.settings === undefined || spec.settings === null ? {} : { settings: spec.settings }),
    ...(spec.failurePolicy === undefined ? {} : { failurePolicy: spec.failurePolicy }),
    ...(spec.timeoutSeconds === undefined ? {} : { timeout: `${spec.timeoutSeconds}s` }),
    ...(spec.memory === undefined ? {} : { memory: spec.memory }),
  };
}

/** In configuration files, what has no scheme is a path; here it is an image, as in policies, unless it looks like a path. */
function placeOf(module: string): string {
  return /^([a-z][a-z0-9+.-]*:\/\/|\.{0,2}\/)/i.test(module) ? module : `registry://${module}`;
}
