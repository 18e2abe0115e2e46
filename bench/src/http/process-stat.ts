import { readFileSync } from 'node:fs';

/** `/proc` counts in units of 1/100 s on every Linux architecture that Node runs on (USER_HZ). */
const MICROS_PER_TICK = 10_000;

/** User and system time of all threads of a process, those that have ended included, in microseconds. */
export function cpuMicros(pid: number): number {
  return parseCpuMicros(readFileSync(`/proc/${pid}/stat`, 'latin1'));
}

/** Of the text of `/proc/PID/stat`: the name in brackets may hold anything, so fields are counted from its end. */
export function parseCpuMicros(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // The state, field 3 of proc(5), is the first one here; utime and stime are fields 14 and 15.
  return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK;
}

/** Resident memory in MiB. */
export function residentMiB(pid: number): number {
  return parseResidentMiB(readFileSync(`/proc/${pid}/status`, 'latin1'));
}

export function parseResidentMiB(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
