import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Artifact } from './built/artifact.ts';
import { goCommand } from './built/go-command.ts';
import { wasmtimePeer, wazeroPeer } from './built/peers.ts';
import { goPolicy, rustPolicy, warmGoPolicy } from './built/policies.ts';
import { engineSuite, type SuiteResult } from './engine/engine.ts';
import type { Plan } from './engine/measure.ts';
import { fairnessSuite } from './fairness/fairness.ts';
import { httpSuite, type HttpPlan } from './http/http.ts';
import type { Options } from './options.ts';
import { neighboursSuite } from './policies/neighbours.ts';
import { policiesSuite, type PoliciesPlan } from './policies/policies.ts';
import type { Row } from './report.ts';

export interface RunOptions extends Options {
  readonly progress: (text: string) => void;
}

const ENGINE_PLANS: Readonly<Record<'quick' | 'full', Plan>> = {
  quick: { warmCalls: 1000, warmMs: 500, rounds: 5, roundMs: 30 },
  full: { warmCalls: 3000, warmMs: 3000, rounds: 9, roundMs: 250 },
};
/**
 * When a quick run begins nothing new, in milliseconds since the start of the process: what has begun by then ends well
 * before 50 seconds, on a busy machine too.
 */
const QUICK_UNTIL_MS = { engine: 14_000, http: 24_000, policies: 34_000, neighbours: 36_000, fairness: 42_000 };

const HTTP_PLANS: Readonly<Record<'quick' | 'full', HttpPlan>> = {
  quick: { rounds: 1, seconds: 1, memoryRequests: 0, full: false },
  full: { rounds: 3, seconds: 2, memoryRequests: 100_000, full: true },
};

const POLICIES_PLANS: Readonly<Record<'quick' | 'full', PoliciesPlan>> = {
  quick: {
    rounds: 1,
    seconds: 1,
    connections: [8],
    tls: [false],
    placements: 'pinned',
    startup: { rounds: 1, manyOnly: true },
  },
  full: {
    rounds: 3,
    seconds: 2,
    connections: [1, 8, 64],
    tls: [false, true],
    placements: 'all',
    startup: { rounds: 3, manyOnly: false },
  },
};

const QUICK_ROUND = { rounds: 1, seconds: 1 };
const FULL_ROUNDS = { rounds: 5, seconds: 4 };

export async function runEngine({ quick, guests, progress }: RunOptions): Promise<SuiteResult<Row>> {
  const leftOut: string[] = [];
  if (!quick) leftOut.push(...buildGuests(progress));
  const peers = new Map<'wasmtime' | 'wazero', string>();
  for (const [name, peer] of [
    ['wasmtime', wasmtimePeer],
    ['wazero', wazeroPeer],
  ] as const) {
    const reason = quick ? whyNotBuilt(peer) : built(peer, progress);
    if (reason === undefined) peers.set(name, peer.output());
    else leftOut.push(`${name}: ${reason}`);
  }
  const plan = ENGINE_PLANS[quick ? 'quick' : 'full'];
  const until = quick ? QUICK_UNTIL_MS.engine : Infinity;
  const result = await engineSuite({ plan, peers, only: guests, until, progress });
  return { ...result, leftOut: [...leftOut, ...result.leftOut] };
}

export function runHttp({ quick, progress }: RunOptions): Promise<SuiteResult<Row>> {
  const until = quick ? QUICK_UNTIL_MS.http : Infinity;
  return httpSuite({ plan: HTTP_PLANS[quick ? 'quick' : 'full'], until, progress });
}

export async function runPolicies({ quick, progress }: RunOptions): Promise<SuiteResult<Row>> {
  const leftOut = quick ? [] : [rustPolicy, goPolicy, warmGoPolicy].flatMap((policy) => policy.build() ?? []);
  const until = quick ? QUICK_UNTIL_MS.policies : Infinity;
  const result = await policiesSuite({ plan: POLICIES_PLANS[quick ? 'quick' : 'full'], until, progress });
  return { ...result, leftOut: [...leftOut, ...result.leftOut] };
}

export async function runNeighbours({ quick, progress }: RunOptions): Promise<SuiteResult<Row>> {
  const until = quick ? QUICK_UNTIL_MS.neighbours : Infinity;
  if (performance.now() > until) {
    return { rows: [], leftOut: ['neighbours: there was no time left'], failures: [] };
  }
  const reason = quick ? undefined : rustPolicy.build();
  const result = await neighboursSuite({ ...(quick ? QUICK_ROUND : FULL_ROUNDS), until, progress });
  return reason === undefined ? result : { ...result, leftOut: [...result.leftOut, reason] };
}

export async function runFairness({ quick, progress }: RunOptions): Promise<SuiteResult<Row>> {
  if (quick && performance.now() > QUICK_UNTIL_MS.fairness) {
    return { rows: [], leftOut: ['fairness: there was no time left'], failures: [] };
  }
  return fairnessSuite({ ...(quick ? { rounds: 1, roundMs: 500 } : { rounds: 5, roundMs: 2000 }), progress });
}

/** Builds what the guests need that npm does not build; says what could not be. */
function buildGuests(progress: RunOptions['progress']): string[] {
  progress('building guests');
  const script = fileURLToPath(new URL('../../conformance/src/build.ts', import.meta.url));
  // What is missing is named guest by guest later.
  spawnSync(process.execPath, [script], { stdio: ['ignore', 'ignore', 'inherit'] });
  const reason = goCommand.build();
  return reason === undefined ? [] : [`go-command: ${reason}`];
}

function built(peer: Artifact, progress: RunOptions['progress']): string | undefined {
  if (whyNotBuilt(peer) !== undefined) progress(`building ${peer.name}, which takes minutes the first time`);
  return peer.build();
}

function whyNotBuilt(peer: Artifact): string | undefined {
  return existsSync(peer.output()) ? undefined : 'not built yet (npm run bench without --quick builds it)';
}
