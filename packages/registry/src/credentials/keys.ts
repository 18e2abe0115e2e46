/** Docker Hub's names; docker itself writes the first one. */
const HUB_KEYS = ['index.docker.io', 'docker.io', 'registry-1.docker.io'] as const;

/**
 * The keys under which a configuration file may have what counts for a repository, best first: the longest path prefix
 * (podman's `ghcr.io/org/team`), then the host, for Docker Hub under each of its names.
 */
export function candidateKeys(registry: string, repository: string): readonly string[] {
  const hosts = registry === 'docker.io' ? HUB_KEYS : [registry];
  const parts = repository.split('/');
  const keys: string[] = [];
  for (let length = parts.length; length > 0; length--) {
    const path = parts.slice(0, length).join('/');
    keys.push(...hosts.map((host) => `${host}/${path}`));
  }
  return [...keys, ...hosts];
}

/** The entry for a repository. Keys match as they stand, then without the scheme and `/v1/`, `/v2/` of old files. */
export function findEntry<T>(entries: ReadonlyMap<string, T>, registry: string, repository: string): T | undefined {
  const bare = new Map<string, T>();
  for (const [key, value] of entries) bare.set(bareKey(key), value);
  for (const key of candidateKeys(registry, repository)) {
    const found = entries.get(key) ?? bare.get(key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `https://index.docker.io/v1/` is `index.docker.io`; `ghcr.io/org` stays. A URL's path says nothing about repositories. */
function bareKey(key: string): string {
  const url = /^https?:\/\/([^/]+)/.exec(key);
  return url?.[1] ?? key.replace(/\/(?:v[12]\/?)?$/, '');
}
