import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The licences of the packages that went into a bundle, as they ask for. */
export function notices(inputs: readonly string[], root: string): string {
  const folders = new Set(inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));
  const texts = [...folders].toSorted().map((folder) => noticeOf(join(root, folder)));
  return `This program contains the following packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

function noticeOf(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly name?: string;
    readonly version?: string;
    readonly license?: string;
  };
  const files = globSync(['LICENSE*', 'LICENCE*', 'license*', 'NOTICE*'], { cwd: folder }).toSorted();
  const texts = [...new Set(files)].map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return `${manifest.name ?? folder} ${manifest.version ?? ''} (${manifest.license ?? 'see below'})\n\n${texts.join('\n\n')}\n`;
}
