import { listAt, isRecord, numberAt, recordAt, textAt } from '../json.ts';
import type { TallyState } from '../document/tally.ts';

/** How far a run has come: enough for another process to go on. */
export interface Checkpoint {
  readonly version: 1;
  readonly runUid: string;
  readonly startedAt: string;
  /** Another plan is another run. */
  readonly planHash: string;
  readonly doneUnits: readonly string[];
  /** Units of which the list failed. */
  readonly failedUnits: readonly string[];
  /** The unit that was under way, and the key up to which all of its objects are done. */
  readonly current?: { readonly unit: string; readonly after: string } | undefined;
  readonly tally: TallyState;
}

/** Keeps the one checkpoint of a run. */
export interface CheckpointStore {
  /** Undefined without one, or with one that can't be read: then a run starts over. */
  readonly load: () => Promise<Checkpoint | undefined>;
  readonly save: (checkpoint: Checkpoint) => Promise<void>;
  readonly clear: () => Promise<void>;
}

/** A ConfigMap holds 1 MiB; counts of 5000 namespaces need 600 kB at most, and findings have to do with the rest. */
const MAX_FINDINGS_LENGTH = 384 * 1024;

export function encodeCheckpoint(checkpoint: Checkpoint): string {
  const { tally } = checkpoint;
  const findings = [];
  let length = 0;
  for (const finding of tally.findings) {
    length += JSON.stringify(finding).length;
    if (length > MAX_FINDINGS_LENGTH) break;
    findings.push(finding);
  }
  const findingsLeftOut = tally.findingsLeftOut + tally.findings.length - findings.length;
  return JSON.stringify({ ...checkpoint, tally: { ...tally, findings, findingsLeftOut } });
}

/** Looks at what decides how a run goes on; the rest is what this package has written. */
export function decodeCheckpoint(text: string): Checkpoint | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || value['version'] !== 1) return undefined;
  const isWhole =
    textAt(value, 'runUid') !== undefined &&
    textAt(value, 'planHash') !== undefined &&
    textAt(value, 'startedAt') !== undefined &&
    [...listAt(value, 'doneUnits'), ...listAt(value, 'failedUnits')].every((one) => typeof one === 'string') &&
    isTally(value['tally']);
  return isWhole ? (value as unknown as Checkpoint) : undefined;
}

function isTally(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const lists = ['namespaces', 'policies', 'findings', 'problems'].every((name) => Array.isArray(value[name]));
  return lists && numberAt(value, 'findingsLeftOut') !== undefined && isRecord(recordAt(value, 'totals')['summary']);
}
