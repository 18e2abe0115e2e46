// Shows what a module sees of its host and what its host sees of it.
import { Json } from '@ostiary/sdk/assembly';
import { readAll, STDERR, STDOUT, writeAll } from '@ostiary/sdk/assembly/stdio';
import {
  args_sizes_get,
  clock_time_get,
  environ_sizes_get,
  path_open,
  proc_exit,
  random_get,
} from './wasi_snapshot_preview1';

const MONOTONIC: u32 = 1;
const REALTIME: u32 = 0;
const FIRST_PREOPENED: u32 = 3;

export function echo(): void {
  const input = readAll();
  assert(writeAll(STDOUT, input.data, input.length));
}

let calls: i32 = 0;
const callsInMemory: usize = memory.data(4, 4);

export function count(): void {
  calls++;
  store<i32>(callsInMemory, load<i32>(callsInMemory) + 1);
  answer(
    Json.object()
      .set('global', Json.integer(calls))
      .set('memory', Json.integer(load<i32>(callsInMemory))),
  );
}

const result: usize = memory.data(16, 8);

function clock(id: u32): u64 {
  assert(clock_time_get(id, 1, result) == 0);
  return load<u64>(result);
}

export function now(): void {
  const start = clock(MONOTONIC);
  const unixMillis = clock(REALTIME) / 1_000_000;
  assert(random_get(result, 16) == 0);
  let random = '';
  for (let i: usize = 0; i < 16; i++) {
    const byte: u32 = load<u8>(result + i);
    random += (byte + 256).toString(16).slice(1);
  }
  answer(
    Json.object()
      .set('unixMillis', Json.integer(unixMillis))
      .set('elapsedNanos', Json.integer(clock(MONOTONIC) - start))
      .set('random', Json.string(random)),
  );
}

export function surroundings(): void {
  assert(args_sizes_get(result, result + 4) == 0);
  const argumentCount = load<u32>(result);
  assert(environ_sizes_get(result, result + 4) == 0);
  const environment = load<u32>(result);
  const path = String.UTF8.encode('etc/passwd');
  const opened = path_open(FIRST_PREOPENED, 0, changetype<usize>(path), path.byteLength, 0, 0, 0, 0, result);
  answer(
    Json.object()
      .set('arguments', Json.integer(argumentCount))
      .set('environment', Json.integer(environment))
      .set('files', Json.boolean(opened == 0)),
  );
}

export function fail(): void {
  const text = String.UTF8.encode('stderr output\n');
  writeAll(STDERR, changetype<usize>(text), text.byteLength);
  unreachable();
}

export function exit_zero(): void {
  proc_exit(0);
}

export function exit_one(): void {
  answer(Json.string('an answer before the exit'));
  proc_exit(1);
}

function answer(value: Json): void {
  const text = String.UTF8.encode(value.toString());
  assert(writeAll(STDOUT, changetype<usize>(text), text.byteLength));
}
