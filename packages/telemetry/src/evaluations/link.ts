import { BroadcastChannel } from 'node:worker_threads';
import type { EvaluationRecord } from './record.ts';

/** Leads from the threads that evaluate to the one that exports; plain data that may be given to any thread. */
export interface TelemetryLink {
  /** The name of the channel that batches go over, one of this server alone. */
  readonly channel: string;
  /** Whether spans are pushed. */
  readonly spans: boolean;
  /** Three 32-bit words: batches on their way, records that found no room, and whether somebody takes them. */
  readonly counters: SharedArrayBuffer;
}

const IN_FLIGHT = 0;
const DROPPED = 1;
const TAKEN = 2;

/** A tenth of a second: nobody looks at telemetry sooner, and a batch of a busy thread then has hundreds of records. */
const FLUSH_MS = 100;

/** Records of a batch: at about 600 bytes each, 300 KB. */
const BATCH_RECORDS = 512;

/** Batches on their way from all threads: 64 × 300 KB are 20 MB, half a second of 64,000 requests a second. */
const MAX_IN_FLIGHT = 64;

/**
 * @param name Of the channel; no two servers of a process may share it
 * @param spans Whether spans are pushed
 */
export function createLink(name: string, spans = false): TelemetryLink {
  return { channel: name, spans, counters: new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT) };
}

/** Records that were dropped since the start, because the exporter did not keep up or is gone. */
export function droppedBy({ counters }: TelemetryLink): number {
  return Atomics.load(new Int32Array(counters), DROPPED);
}

/** To be called when the thread that exports is gone: what is recorded from then on is dropped. */
export function closeLink({ counters }: TelemetryLink): void {
  Atomics.store(new Int32Array(counters), TAKEN, 0);
}

/** The end of a thread that evaluates. */
export interface Recorder {
  /** Costs a push into an array. */
  record(record: EvaluationRecord): void;
  /** Sends what is left. */
  close(): void;
}

/** A recorder that sends batches, and drops them when too many are on their way already. */
export function createRecorder({ channel: name, counters }: TelemetryLink): Recorder {
  const channel = new BroadcastChannel(name);
  channel.unref();
  const counts = new Int32Array(counters);
  let batch: EvaluationRecord[] = [];
  const flush = (): void => {
    if (batch.length === 0) return;
    const records = batch;
    batch = [];
    const room = Atomics.add(counts, IN_FLIGHT, 1) < MAX_IN_FLIGHT;
    // What is sent when nobody listens is lost without a trace.
    if (room && Atomics.load(counts, TAKEN) === 1) {
      // Text is copied in one go; a list of objects is not.
      channel.postMessage(JSON.stringify(records));
    } else {
      Atomics.sub(counts, IN_FLIGHT, 1);
      Atomics.add(counts, DROPPED, records.length);
    }
  };
  const timer = setInterval(flush, FLUSH_MS).unref();
  return {
    record(record) {
      if (batch.push(record) >= BATCH_RECORDS) flush();
    },
    close() {
      clearInterval(timer);
      flush();
      channel.close();
    },
  };
}

/** The end of the thread that exports: hands each batch over. Returns a function that stops that. */
export function receiveRecords(
  { channel: name, counters }: TelemetryLink,
  take: (records: readonly EvaluationRecord[]) => void,
): () => void {
  const channel = new BroadcastChannel(name);
  const counts = new Int32Array(counters);
  channel.addEventListener('message', ({ data }) => {
    Atomics.sub(counts, IN_FLIGHT, 1);
    // Written by `createRecorder`, in this process.
    take(JSON.parse(String(data)) as readonly EvaluationRecord[]);
  });
  Atomics.store(counts, TAKEN, 1);
  return () => {
    Atomics.store(counts, TAKEN, 0);
    channel.close();
  };
}
