import type { AbiName } from '@ostiary/sandbox';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goCommand } from '../built/go-command.ts';
import { MODULE_INPUT, POLICY_INPUT } from './pod-review.ts';

/** A module of the benchmark; all of them refuse the one pod that they are asked about. */
export interface BenchGuest {
  readonly name: string;
  readonly abi: AbiName;
  readonly file: string;
  readonly input: string;
  /** What builds it when it is not there. */
  readonly builtBy: string;
}

/** The export (reactors) or operation (waPC, commands) that is called. */
export const OPERATION = 'validate';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CONFORMANCE = 'node conformance/src/build.ts';

/**
 * The guests of the conformance suite, which are written alike in each language, and a Go command. OPA Rego has no row
 * because the sandbox has no ABI for it.
 */
export function benchGuests(): readonly BenchGuest[] {
  return [
    guest('rust-wapc', 'wapc', 'conformance/build/rust/wapc.wasm', CONFORMANCE),
    guest('as-reactor', 'wasi-reactor', 'conformance/guests/as/gates/build/gates.wasm', 'npm run build'),
    guest('go-command', 'wasi-command', goCommand.output(), 'npm run bench without --quick'),
    guest('c-reactor', 'wasi-reactor', 'conformance/build/c/gates.wasm', CONFORMANCE),
    guest('rust-reactor', 'wasi-reactor', 'conformance/build/rust/gates.wasm', CONFORMANCE),
    guest('go-reactor', 'wasi-reactor', 'conformance/build/go/gates.wasm', CONFORMANCE),
  ];
}

export function whyMissing({ file, builtBy }: BenchGuest): string | undefined {
  return existsSync(file) ? undefined : `not built (${builtBy})`;
}

function guest(name: string, abi: AbiName, file: string, builtBy: string): BenchGuest {
  const input = abi === 'wapc' ? POLICY_INPUT : MODULE_INPUT;
  return { name, abi, file: file.startsWith('/') ? file : join(ROOT, file), input, builtBy };
}

/** Whether an answer is a refusal, in either wire format; undefined when it is neither. */
export function isRefusal(answer: Uint8Array): boolean | undefined {
  const text = JSON.parse(Buffer.from(answer).toString()) as {
    readonly accepted?: boolean;
    readonly response?: { readonly response?: { readonly allowed?: boolean } };
  };
  const allowed = text.accepted ?? text.response?.response?.allowed;
  return allowed === undefined ? undefined : !allowed;
}
