// Makes the package that users install: every program of the command line in one file, every worker thread in one, and
// beside them what is no program. `npm run bundle [FOLDER]` writes the package to FOLDER (default: dist) and packs it.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';
import { missingPackage, plainRequires } from './bundle/hidden.ts';
import { notices } from './bundle/notices.ts';
import { packageManifest } from './bundle/manifest.ts';
import { findThreads, threadPlugin } from './bundle/threads.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLI = join(ROOT, 'packages/cli');
const target = resolve(process.argv[2] ?? join(ROOT, 'dist'));

rmSync(target, { recursive: true, force: true });
const inputs = await bundlePrograms(join(target, 'dist'));
checkBundles();
copyFiles();
writeFileSync(join(target, 'package.json'), packageManifest(ROOT));
writeFileSync(join(target, 'dist', 'THIRD-PARTY.txt'), notices(inputs, ROOT));
report();
execFileSync('npm', ['pack', '--silent', '--pack-destination', target], { cwd: target, stdio: 'inherit' });

/** Returns the files of others that went into the bundles. */
async function bundlePrograms(outdir: string): Promise<readonly string[]> {
  const threads = findThreads(ROOT);
  const shared = {
    absWorkingDir: ROOT,
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node26',
    minify: true,
    // Stack traces with real names are worth more than the last few kilobytes.
    keepNames: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    plugins: [threadPlugin(threads), plainRequires],
  } as const satisfies BuildOptions;
  const program = await build({
    ...shared,
    entryPoints: [{ in: join(CLI, 'src/bundle-entry.ts'), out: 'ostiary' }],
    outExtension: { '.js': '.cjs' },
    // Only CommonJS can leave Node's modules alone until a command needs them: as an ES module this file starts in
    // 120 ms, so in 90.
    format: 'cjs',
    define: { 'import.meta.url': '__url', 'import.meta.main': '__main' },
    banner: { js: "const __url=require('node:url').pathToFileURL(__filename).href,__main=require.main===module;" },
  });
  const workers = await build({
    ...shared,
    entryPoints: threads.map(({ source, name }) => ({ in: source, out: name })),
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    // Parts of other packages are CommonJS and ask for Node's own modules.
    banner: { js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);" },
  });
  const inputs = [program, workers].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  return inputs.filter((path) => path.includes('node_modules/'));
}

/** A thread or a package that nobody bundled would be missed only when it is wanted. */
function checkBundles(): void {
  const dist = join(target, 'dist');
  for (const name of readdirSync(dist)) {
    const text = readFileSync(join(dist, name), 'utf8');
    const [missing] = /new URL\(["'`][^"'`]*\.ts["'`]/.exec(text) ?? [];
    if (missing !== undefined) throw new Error(`${name} starts a thread that is not bundled: ${missing}`);
    const wanted = missingPackage(text);
    if (wanted !== undefined) throw new Error(`${name} asks for a package that is not bundled: ${wanted}`);
  }
}

function copyFiles(): void {
  const dist = join(target, 'dist');
  cpSync(join(CLI, 'templates'), join(dist, 'templates'), { recursive: true });
  const sdk = join(ROOT, 'packages/sdk');
  for (const part of ['assembly', 'asconfig.json', 'package.json', 'README.md']) {
    cpSync(join(sdk, part), join(dist, 'sdk', part), { recursive: true });
  }
  cpSync(join(ROOT, 'examples/config'), join(dist, 'examples/config'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'examples')).filter((name) =>
    existsSync(join(ROOT, 'examples', name, 'build')),
  )) {
    cpSync(join(ROOT, 'examples', name, 'build'), join(dist, 'examples', name, 'build'), {
      recursive: true,
      filter: (path) => !path.endsWith('.stamp'),
    });
  }
  mkdirSync(join(target, 'bin'));
  for (const name of readdirSync(join(CLI, 'bin'))) {
    const launcher = readFileSync(join(CLI, 'bin', name), 'utf8').replace('../src/main.ts', '../dist/ostiary.cjs');
    writeFileSync(join(target, 'bin', name), launcher, { mode: 0o755 });
  }
  for (const name of ['LICENSE', 'README.md', 'CHANGELOG.md']) cpSync(join(ROOT, name), join(target, name));
}

function report(): void {
  const dist = join(target, 'dist');
  for (const name of readdirSync(dist).filter((name) => /\.[cm]js$/.test(name))) {
    const path = join(dist, name);
    console.log(`${relative(ROOT, path)} ${(statSync(path).size / 1e6).toFixed(2)} MB`);
  }
}
