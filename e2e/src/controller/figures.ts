import { readFile } from 'node:fs/promises';
import type { Cluster } from '../cluster.ts';
import type { ControllerProcess } from './stack.ts';

/** Requests that a controller has made since its start, by verb, and the sum of them. */
export async function callsOf(
  controller: ControllerProcess,
): Promise<{ readonly sum: number; readonly text: string; readonly byVerb: ReadonlyMap<string, number> }> {
  const found = (await controller.metrics()).matchAll(/api_requests_total\{verb="(\w+)"\} (\d+)/g);
  const byVerb = new Map([...found].map(([, verb = '', value]) => [verb, Number(value)]));
  return {
    sum: [...byVerb.values()].reduce((total, value) => total + value, 0),
    text: [...byVerb].map(([verb, value]) => `${verb} ${value}`).join(', '),
    byVerb,
  };
}

/** The most memory that a process ever had, in MiB; NaN if it is gone. */
export async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024);
}

/** Writes that the API server has done for everybody, but for leases and trials. */
export async function writesOf(cluster: Cluster): Promise<number> {
  const { body } = await cluster.request({ path: '/metrics' });
  return body
    .split('\n')
    .filter((line) => /^apiserver_request_total\{.*verb="(POST|PATCH|PUT|DELETE|APPLY)"/.test(line))
    .filter((line) => line.includes('dry_run=""') && !line.includes('resource="leases"') && line.includes('code="2'))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
