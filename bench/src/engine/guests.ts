import type { AbiName } from '@ostiary/sandbox';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goCommand } from '../built/go-command.ts';
import { GATEKEEPER_INPUT, MODULE_INPUT, OPA_INPUT, POLICY_INPUT } from './pod-review.ts';

/** A module of the benchmark; all of them refuse the one pod that they are asked about. */
export interface BenchGuest {
  readonly name: string;
  readonly abi: AbiName;
  readonly file: string;
  readonly input: string;
  /** The export (reactors) or operation that is called. */
  readonly operation: string;
  /** Of Rego modules: the data document, JSON. */
  readonly data?: string;
  /** What builds it when it is not there. */
  readonly builtBy: string;
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CONFORMANCE = 'node conformance/src/build.ts';

/** The guests of the conformance suite, which are written alike in each language, a Go command, and two policies in Rego. */
export function benchGuests(): readonly BenchGuest[] {
  return [
    guest('rust-wapc', 'wapc', 'conformance/build/rust/wapc.wasm', CONFORMANCE),
    guest('as-reactor', 'wasi-reactor', 'conformance/guests/as/gates/build/gates.wasm', 'npm run build'),
    guest('go-command', 'wasi-command', goCommand.output(), 'npm run bench without --quick'),
    guest('c-reactor', 'wasi-reactor', 'conformance/build/c/gates.wasm', CONFORMANCE),
    guest('rust-reactor', 'wasi-reactor', 'conformance/build/rust/gates.wasm', CONFORMANCE),
    guest('go-reactor', 'wasi-reactor', 'conformance/build/go/gates.wasm', CONFORMANCE),
    rego('opa', OPA_INPUT, '{"required_labels":["owner"]}'),
    rego('gatekeeper', GATEKEEPER_INPUT, '{}'),
  ];
}

export function whyMissing({ file, builtBy }: BenchGuest): string | undefined {
  return existsSync(file) ? undefined : `not built (${builtBy})`;
}

function guest(name: string, abi: AbiName, file: string, builtBy: string): BenchGuest {
  const input = abi === 'wapc' ? POLICY_INPUT : MODULE_INPUT;
  return { name, abi, file: file.startsWith('/') ? file : join(ROOT, file), input, operation: 'validate', builtBy };
}

function rego(name: string, input: string, data: string): BenchGuest {
  const file = join(ROOT, `conformance/build/rego/${name}.wasm`);
  return { name: `${name}-rego`, abi: 'rego', file, input, operation: 'eval', data, builtBy: 'npm run guests' };
}

interface Answer {
  readonly accepted?: boolean;
  readonly response?: { readonly response?: { readonly allowed?: boolean } };
}

/** What a Rego module answers: OPA's family gives a response, Gatekeeper's the objections. */
type Results = readonly {
  readonly result: { readonly response?: { readonly allowed?: boolean } } | readonly unknown[];
}[];

/** Whether an answer is a refusal, in any wire format; undefined when it is none. */
export function isRefusal(answer: Uint8Array): boolean | undefined {
  const text = JSON.parse(Buffer.from(answer).toString()) as Answer | Results;
  if (Array.isArray(text)) {
    const result = (text as Results)[0]?.result;
    return result && 'length' in result ? result.length > 0 : result?.response?.allowed === false;
  }
  return isAnswerRefusal(text as Answer);
}

function isAnswerRefusal(text: Answer): boolean | undefined {
  const allowed = text.accepted ?? text.response?.response?.allowed;
  return allowed === undefined ? undefined : !allowed;
}
