import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildGuest, guestInFile } from './build.ts';
import { type Call, callWasi } from './host.ts';

const ENTRY = fileURLToPath(new URL('../assembly/testing/echo.ts', import.meta.url));
const OUTPUT = fileURLToPath(new URL('../build', import.meta.url));

/** For tests: the guest that gives the SDK's JSON to look at from outside, built if need be. */
export async function loadEcho(): Promise<(name: string, input: string | Uint8Array) => Call> {
  const guest = guestInFile(ENTRY, 'echo', OUTPUT);
  await buildGuest(guest);
  const module = await WebAssembly.compile(readFileSync(guest.output));
  return (name, input) => callWasi(module, name, input);
}
