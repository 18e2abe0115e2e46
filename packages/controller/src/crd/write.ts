import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chartFiles } from './files.ts';

/** Writes the CRDs as templates of a chart: `node packages/controller/src/crd/write.ts charts/ostiary-crds/templates`. */
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node packages/controller/src/crd/write.ts FOLDER');
  process.exitCode = 2;
} else {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of chartFiles()) await writeFile(join(folder, name), text);
}
