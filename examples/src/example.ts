import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildGuest, type Call, callWapc, callWasi, guestInFolder } from '@ostiary/sdk';

/** For tests: an example's module, built if need be. */
export async function loadExample(name: string): Promise<WebAssembly.Module> {
  const guest = guestInFolder(fileURLToPath(new URL(`../${name}`, import.meta.url)), name);
  await buildGuest(guest);
  return WebAssembly.compile(readFileSync(guest.output));
}

/** What a WASI example answers to a review; `response` is null when it answers with an error. */
export interface Answer<Response> {
  readonly response: Response | null;
  readonly error: string | null;
}

/** Calls an export with a review in its envelope. Throws when the module traps. */
export function ask<Response>(module: WebAssembly.Module, name: string, review: unknown): Answer<Response> {
  const call = callWasi(module, name, JSON.stringify({ request: review }));
  if (!call.returned) throw new Error(`${name} trapped: ${call.trap}\n${call.stderr}`);
  return JSON.parse(call.output) as Answer<Response>;
}

/** Calls a waPC operation with a payload. */
export function askPolicy(module: WebAssembly.Module, operation: string, payload: unknown): Call {
  return callWapc(module, operation, JSON.stringify(payload));
}
