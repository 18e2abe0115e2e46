import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuMicros, parseCpuMicros, parseResidentMiB, residentMiB } from './process-stat.ts';

test('CPU time is user and system time, whatever the process calls itself', () => {
  const rest = 'S 1 2 3 4 5 6 7 8 9 10 150 25 1000 2000 20 0 12';
  assert.equal(parseCpuMicros(`42 (node) ${rest}`), 1_750_000);
  assert.equal(parseCpuMicros(`42 (a) b (c) ${rest}`), 1_750_000);
});

test('resident memory is in MiB', () => {
  assert.equal(parseResidentMiB('Name:\tnode\nVmHWM:\t  99999 kB\nVmRSS:\t   66560 kB\n'), 65);
});

test('this process is told about', { skip: process.platform !== 'linux' }, () => {
  const usage = process.cpuUsage();
  assert.ok(Math.abs(cpuMicros(process.pid) - usage.user - usage.system) < 500_000);
  assert.ok(Math.abs(residentMiB(process.pid) - process.memoryUsage.rss() / 2 ** 20) < 50);
});
