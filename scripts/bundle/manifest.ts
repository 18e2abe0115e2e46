import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
}

function read(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

/**
 * The package.json of what is published. It depends on nothing but, optionally, the Node that it was tested on, to which
 * the launcher hands over when the system's is older.
 */
export function packageManifest(root: string): string {
  const workspace = read(join(root, 'package.json'));
  const { version, license, bin } = read(join(root, 'packages/cli/package.json'));
  const manifest = {
    name: 'ostiary',
    version,
    description: workspace.description,
    license,
    type: 'module',
    bin,
    files: ['bin', 'dist', 'CHANGELOG.md'],
    optionalDependencies: workspace.optionalDependencies,
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
