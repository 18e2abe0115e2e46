import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goPolicy, rustPolicy, warmGoPolicy } from '../built/policies.ts';
import { annotated, type ExecutionMode } from './annotate.ts';

/** A policy of the benchmark: each refuses the one Pod that it is asked about, so that a verdict shows that it was read. */
export interface Subject {
  readonly name: string;
  readonly mode: ExecutionMode;
  readonly file: string;
  readonly settings: object;
  /** What the refusal says. */
  readonly refusal: RegExp;
  /** What builds it when it is not there. */
  readonly builtBy: string;
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const GUESTS = 'npm run guests';
const BENCH = 'npm run bench without --quick';
/** A label that the Pod has. */
const LABELS = { denied_labels: ['pod-template-hash'], mandatory_labels: ['app'] };

export function subjects(): readonly Subject[] {
  return [
    {
      name: 'waPC Rust',
      mode: 'kubewarden-wapc',
      file: rustPolicy.output(),
      settings: LABELS,
      refusal: /pod-template-hash is denied/,
      builtBy: BENCH,
    },
    {
      name: 'gatekeeper',
      mode: 'gatekeeper',
      file: join(ROOT, 'conformance/build/rego/gatekeeper.wasm'),
      settings: { labels: ['app', 'owner'] },
      refusal: /you must provide labels/,
      builtBy: GUESTS,
    },
    {
      name: 'OPA',
      mode: 'opa',
      file: join(ROOT, 'conformance/build/rego/opa.wasm'),
      settings: { registries: ['registry.example.com'], required_labels: ['owner'] },
      refusal: /label "?owner"? is required/,
      builtBy: GUESTS,
    },
    {
      name: 'WASI Go',
      mode: 'wasi',
      file: goPolicy.output(),
      settings: LABELS,
      refusal: /pod-template-hash is denied/,
      builtBy: BENCH,
    },
    {
      name: 'WASI Go warm',
      mode: 'wasi',
      file: warmGoPolicy.output(),
      settings: LABELS,
      refusal: /pod-template-hash is denied/,
      builtBy: BENCH,
    },
  ];
}

export function whyMissing({ file, builtBy }: Subject): string | undefined {
  return existsSync(file) ? undefined : `not built (${builtBy})`;
}

export function moduleOf({ file, mode }: Subject): Buffer {
  return annotated(readFileSync(file), mode);
}
