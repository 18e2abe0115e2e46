import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SuiteResult } from '../engine/engine.ts';
import { isInstalled } from '../http/http.ts';
import { runLoad, type Load } from '../http/load.ts';
import { post, startServe, type TestServer } from '../http/servers.ts';
import type { NeighbourRow } from '../report.ts';
import { median, rounded } from '../statistics.ts';
import { podReview } from './review.ts';
import { moduleOf, subjects, whyMissing } from './subjects.ts';

export interface NeighboursOptions {
  readonly rounds: number;
  /** Of load in each round. */
  readonly seconds: number;
  /** No further round is begun after this time of {@link performance.now}. */
  readonly until: number;
  readonly progress: (text: string) => void;
}

const CONNECTIONS = 8;
/** Requests to the endless policy that are always under way: more than there are threads for them. */
const HAMMERING = 4;
const ENDLESS_TIMEOUT_SECONDS = 1;
const HOT_SECONDS = 1;

/** What a policy's requests notice of a neighbour that never comes to an end, while that one is asked without pause. */
export async function neighboursSuite(options: NeighboursOptions): Promise<SuiteResult<NeighbourRow>> {
  const none = { rows: [], leftOut: [], failures: [] };
  if (process.platform !== 'linux' || !isInstalled('wrk')) {
    return { ...none, leftOut: ['neighbours: Linux and wrk are needed'] };
  }
  const missing = whyMissing(subjects()[0]!);
  if (missing !== undefined) return { ...none, leftOut: [`neighbours: ${missing}`] };
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-bench-'));
  options.progress('neighbours');
  try {
    const threads = availableParallelism();
    const place = { name: '', threads, serverCore: undefined, loadCore: undefined };
    const server = await startServe(place, ['--policies', writePolicies(folder), '--plain-http']);
    try {
      return { ...none, rows: await measure(server, folder, options) };
    } finally {
      await server.stop();
    }
  } catch (error) {
    return { ...none, failures: [`neighbours: ${(error as Error).message}`] };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writePolicies(folder: string): string {
  const subject = subjects()[0]!;
  const module = join(folder, 'policy.wasm');
  writeFileSync(module, moduleOf(subject));
  const url = `file://${module}`;
  const file = join(folder, 'policies.yml');
  const endless = { endless: true };
  const entries = {
    quick: { module: url, settings: subject.settings },
    endless: { module: url, settings: endless, timeoutEvalSeconds: ENDLESS_TIMEOUT_SECONDS },
  };
  writeFileSync(file, JSON.stringify(entries));
  return file;
}

async function measure(
  { port }: TestServer,
  folder: string,
  { rounds, seconds, until }: NeighboursOptions,
): Promise<readonly NeighbourRow[]> {
  const review = podReview();
  const bodyFile = join(folder, 'review.json');
  writeFileSync(bodyFile, review);
  const answer = await post(port, '/validate/quick', review, 'http');
  if (!answer.includes('is denied')) throw new Error(`a wrong answer: ${answer}`);
  const load = (id: string, connections: number, length: number): Promise<Load> =>
    runLoad({
      url: `http://127.0.0.1:${port}/validate/${id}`,
      bodyFile,
      connections,
      seconds: length,
      core: undefined,
    });
  await load('quick', CONNECTIONS, HOT_SECONDS);
  const alone: Load[] = [];
  const beside: Load[] = [];
  for (let round = 0; round < rounds && (round === 0 || performance.now() < until); round++) {
    alone.push(await load('quick', CONNECTIONS, seconds));
    const hammering = load('endless', HAMMERING, seconds + 1);
    beside.push(await load('quick', CONNECTIONS, seconds));
    await hammering;
  }
  return [rowOf('nothing', alone), rowOf('a policy that never ends', beside)];
}

function rowOf(neighbour: string, loads: readonly Load[]): NeighbourRow {
  const middle = (figure: (load: Load) => number): number => rounded(median(loads.map(figure)));
  return {
    suite: 'neighbours',
    variant: 'ostiary',
    neighbour,
    requestsPerSecond: middle(({ requests, micros }) => (requests * 1e6) / micros),
    p50Us: middle(({ p50 }) => p50),
    p99Us: middle(({ p99 }) => p99),
    errors: loads.reduce((sum, { errors }) => sum + errors, 0),
  };
}
