import { arch, platform } from 'node:process';

/** This machine, in the words of image indexes, which are those of Go. */
export function ownPlatform(): { readonly os: string; readonly architecture: string } {
  return { os: platform === 'win32' ? 'windows' : platform, architecture: ARCHITECTURES[arch] ?? arch };
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  ppc64: 'ppc64le',
  mipsel: 'mipsle',
};
