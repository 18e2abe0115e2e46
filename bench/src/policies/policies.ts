import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SuiteResult } from '../engine/engine.ts';
import { isInstalled } from '../http/http.ts';
import { runLoad } from '../http/load.ts';
import { figuresOf, measureRounds, type Loaded, type Measured } from '../http/rounds.ts';
import { post, startEcho, startServe, type Placement, type TestServer } from '../http/servers.ts';
import type { PolicyRow, StartupRow } from '../report.ts';
import { podReview } from './review.ts';
import { measureStartups, type StartupPlan } from './startup.ts';
import { moduleOf, subjects, whyMissing, type Subject } from './subjects.ts';

export interface PoliciesPlan {
  readonly rounds: number;
  /** Of load in each round. */
  readonly seconds: number;
  readonly connections: readonly number[];
  readonly tls: readonly boolean[];
  readonly placements: 'pinned' | 'all';
  readonly startup: StartupPlan;
}

export interface PoliciesOptions {
  readonly plan: PoliciesPlan;
  /** No further measurement is begun after this time of {@link performance.now}. */
  readonly until: number;
  readonly progress: (text: string) => void;
}

type Result = SuiteResult<PolicyRow | StartupRow>;

const HOT_SECONDS = 1;
const HOT_CONNECTIONS = 8;
/** What the floor is called where policies have their names. */
const FLOOR = 'echo';

/** `/validate` for each kind of policy, beside a floor under the same load; then how long starting takes. */
export async function policiesSuite(options: PoliciesOptions): Promise<Result> {
  if (process.platform !== 'linux' || !isInstalled('wrk')) {
    return { rows: [], leftOut: ['policies: Linux and wrk are needed'], failures: [] };
  }
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-bench-'));
  const rows: (PolicyRow | StartupRow)[] = [];
  const leftOut: string[] = [];
  const failures: string[] = [];
  try {
    const present = subjects().filter((subject) => {
      const reason = whyMissing(subject);
      if (reason !== undefined) leftOut.push(`policy ${subject.name}: ${reason}`);
      return reason === undefined;
    });
    for (const place of placements(options.plan)) {
      for (const tls of options.plan.tls) {
        if (performance.now() > options.until) leftOut.push(`policies: "${place.name}": there was no time left`);
        else rows.push(...(await measurePlacement(place, tls, present, folder, options)));
      }
    }
    const startup = await measureStartups(present, folder, options.plan.startup, options);
    rows.push(...startup.rows);
    leftOut.push(...startup.leftOut);
  } catch (error) {
    failures.push(`policies: ${(error as Error).message}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { rows, leftOut, failures };
}

function placements({ placements: wanted }: PoliciesPlan): readonly Placement[] {
  const free = { name: '2 threads, free', threads: 2, serverCore: undefined, loadCore: undefined };
  if (availableParallelism() < 2 || !isInstalled('taskset')) return [{ ...free, name: '1 thread, free', threads: 1 }];
  const pinned = { name: '1 thread, pinned', threads: 1, serverCore: 0, loadCore: 1 };
  return wanted === 'pinned' ? [pinned] : [pinned, free];
}

interface PolicyCase extends Loaded {
  readonly policy: string;
}

async function measurePlacement(
  place: Placement,
  tls: boolean,
  present: readonly Subject[],
  folder: string,
  { plan, until, progress }: PoliciesOptions,
): Promise<readonly PolicyRow[]> {
  progress(`policies: ${place.name}${tls ? ', TLS' : ''}`);
  const servers: TestServer[] = [];
  try {
    const transport = tls ? ['--data-dir', folder] : ['--plain-http'];
    const server = await startServe(place, ['--policies', writePolicies(present, folder), ...transport]);
    servers.push(server);
    const echo = await startEcho(place, tls ? folder : undefined);
    servers.push(echo);
    const cases = await casesOf(present, server, echo, { folder, scheme: tls ? 'https' : 'http', plan });
    // So that code is hot before anything counts.
    for (const each of cases.filter(({ connections }) => connections === HOT_CONNECTIONS)) {
      await runLoad({ ...each, seconds: HOT_SECONDS, core: place.loadCore });
    }
    const measured = await measureRounds(cases, { ...plan, core: place.loadCore, until });
    return measured.filter(({ loads }) => loads.length > 0).map((each) => rowOf(each, place, tls));
  } finally {
    for (const server of servers) await server.stop();
  }
}

function writePolicies(present: readonly Subject[], folder: string): string {
  const entries = present.map((subject) => {
    const file = join(folder, `${idOf(subject)}.wasm`);
    writeFileSync(file, moduleOf(subject));
    return [idOf(subject), { module: `file://${file}`, settings: subject.settings }];
  });
  const file = join(folder, 'policies.yml');
  writeFileSync(file, JSON.stringify(Object.fromEntries(entries)));
  return file;
}

function idOf({ name }: Subject): string {
  return name.toLowerCase().replaceAll(' ', '-');
}

/** Every policy must refuse the Pod; the floor answers with as many bytes as the first one does. */
async function casesOf(
  present: readonly Subject[],
  server: TestServer,
  echo: TestServer,
  { folder, scheme, plan }: { folder: string; scheme: 'http' | 'https'; plan: PoliciesPlan },
): Promise<readonly PolicyCase[]> {
  const review = podReview();
  const bodyFile = join(folder, 'review.json');
  writeFileSync(bodyFile, review);
  const targets = [];
  for (const subject of present) {
    const path = `/validate/${idOf(subject)}`;
    const answer = await post(server.port, path, review, scheme);
    if (!isRefusal(answer, subject)) throw new Error(`${subject.name} gave a wrong answer: ${answer}`);
    targets.push({ policy: subject.name, server, path, bytes: Buffer.byteLength(answer) });
  }
  targets.push({ policy: FLOOR, server: echo, path: `/${targets[0]?.bytes ?? 0}` });
  return targets.flatMap(({ policy, server: { port, pid }, path }) =>
    plan.connections.map((connections) => ({
      policy,
      server: { pid },
      url: `${scheme}://127.0.0.1:${port}${path}`,
      bodyFile,
      connections,
    })),
  );
}

interface Answer {
  readonly response?: { readonly allowed?: boolean; readonly status?: { readonly message?: string } };
}

function isRefusal(answer: string, { refusal }: Subject): boolean {
  const { response } = JSON.parse(answer) as Answer;
  return response?.allowed === false && refusal.test(response.status?.message ?? '');
}

function rowOf(
  { case: { policy, connections }, loads }: Measured<PolicyCase>,
  place: Placement,
  tls: boolean,
): PolicyRow {
  const variant = policy === FLOOR ? 'echo' : 'ostiary';
  return { suite: 'policies', placement: place.name, policy, variant, tls, connections, ...figuresOf(loads) };
}
