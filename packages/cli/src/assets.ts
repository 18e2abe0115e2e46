import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where what belongs to the program and is no program is, in a checkout; beside the bundled file it has the same name. */
const IN_CHECKOUT = {
  templates: '../templates/',
  sdk: '../../sdk/',
  examples: '../../../examples/',
} as const;

/** The folder of these files, in a checkout or in the package. */
export function assetFolder(name: keyof typeof IN_CHECKOUT): string {
  const packaged = fileURLToPath(new URL(`./${name}/`, import.meta.url));
  return existsSync(packaged) ? packaged : fileURLToPath(new URL(IN_CHECKOUT[name], import.meta.url));
}
