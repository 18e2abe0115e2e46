import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Artifact } from './built/artifact.ts';
import { goCommand } from './built/go-command.ts';
import { wasmtimePeer, wazeroPeer } from './built/peers.ts';
import { engineSuite, type SuiteResult } from './engine/engine.ts';
import type { Plan } from './engine/measure.ts';
import { httpSuite, type HttpPlan } from './http/http.ts';
import type { Options } from './options.ts';
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
const QUICK_UNTIL_MS = { engine: 22_000, http: 40_000 };

const HTTP_PLANS: Readonly<Record<'quick' | 'full', HttpPlan>> = {
  quick: { rounds: 1, seconds: 1, memoryRequests: 0, full: false },
  full: { rounds: 3, seconds: 2, memoryRequests: 100_000, full: true },
};

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
