/** Docker Hub under the names that clients and configuration files use. */
const HUB_ALIASES: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);
/** Its name in references. */
export const HUB = 'docker.io';

/** The one name of a registry that has several. */
export function canonicalHost(host: string): string {
  return HUB_ALIASES.has(host) ? HUB : host;
}

/** The host that serves a registry's API: Docker Hub's is another than its name. */
export function apiHost(registry: string): string {
  return HUB_ALIASES.has(registry) ? 'registry-1.docker.io' : registry;
}
