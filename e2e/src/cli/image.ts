import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ROOT } from '../ostiary.ts';

/** Shared libraries of `gcr.io/distroless/cc-debian12`; what Node needs beside them the Dockerfile has to bring along. */
const BASE_LIBRARIES = /^(?:ld-linux.*|lib(?:c|m|dl|pthread|rt|resolv|gcc_s|gomp|stdc\+\+))\.so/;
const NODE = '/usr/local/bin/node';

/** The lines of the Dockerfile, continued ones in one. */
export function dockerfile(): readonly string[] {
  const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** Libraries that Node is linked with and the base image has not. */
export function missingLibraries(): readonly string[] {
  return librariesOf(process.execPath).filter((path) => !BASE_LIBRARIES.test(basename(path)));
}

/**
 * Writes what the image would hold into a folder, as the Dockerfile's steps do: Node and its libraries, the bundle, the three
 * names. Certificates and accounts of the base image are not there.
 */
export function writeImage(root: string, bundle: string): void {
  execFileSync(process.execPath, [join(ROOT, 'scripts/bundle.ts'), bundle], { stdio: 'pipe' });
  for (const path of librariesOf(process.execPath)) put(root, path, realpathSync(path));
  put(root, NODE, realpathSync(process.execPath));
  const target = join(root, 'opt/ostiary');
  for (const part of ['bin', 'dist', 'package.json'])
    cpSync(join(bundle, part), join(target, part), { recursive: true });
  for (const name of ['ostiary', 'policy-server', 'kwctl']) {
    const launcher = join(target, 'bin', `${name}.js`);
    writeFileSync(launcher, readFileSync(launcher, 'utf8').replace(/^.*\n/, `#!${NODE}\n`));
    chmodSync(launcher, 0o755);
    symlinkSync(`/opt/ostiary/bin/${name}.js`, join(root, name));
  }
  for (const folder of ['tmp', 'proc', 'dev', 'pki', 'config']) mkdirSync(join(root, folder));
}

function librariesOf(program: string): readonly string[] {
  const out = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [...out.matchAll(/(\/\S+) \(0x/g)].flatMap(([, path = '']) => (path === '' ? [] : [path]));
}

function put(root: string, path: string, source: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  copyFileSync(source, join(root, path));
}
