import type { FairnessRow, NeighbourRow, PolicyRow, StartupRow } from '../report.ts';
import { rounded } from '../statistics.ts';
import { formatTable } from '../table.ts';
import { quotedFor } from './quoted.ts';

const POLICY_HEADER = [
  'placement',
  'TLS',
  'policy',
  'c',
  'req/s',
  'p50 µs',
  'p99 µs',
  'CPU µs/req',
  'least',
  'above floor',
  'quoted CPU',
  'times',
  'quoted p99',
  'errors',
];

/** With what is quoted of policy-server for the same load, which was measured elsewhere. */
export function policiesTable(rows: readonly PolicyRow[]): string {
  const lines = rows.map((row) => {
    const floor = rows.find((other) => other.variant === 'echo' && isSameLoad(other, row));
    const above = row.variant === 'ostiary' && floor ? String(rounded(row.cpuUs - floor.cpuUs)) : '';
    const quoted = quotedFor(row);
    const figures = [row.connections, row.requestsPerSecond, row.p50Us, row.p99Us, row.cpuUs, row.cpuUsMin];
    return [
      row.placement,
      row.tls ? 'on' : 'off',
      row.policy,
      ...figures.map(String),
      above,
      ...(quoted ? [quoted.cpuUs, rounded(quoted.cpuUs / row.cpuUs), quoted.p99Us].map(String) : ['', '', '']),
      String(row.errors),
    ];
  });
  return formatTable(POLICY_HEADER, lines);
}

function isSameLoad(a: PolicyRow, b: PolicyRow): boolean {
  return a.placement === b.placement && a.tls === b.tls && a.connections === b.connections;
}

const STARTUP_HEADER = ['policies', 'ready ms', 'CPU s', 'CPU s, settled', 'MiB at ready', 'MiB, settled'];

export function startupTable(rows: readonly StartupRow[]): string {
  const lines = rows.map(({ policies, readyMs, cpuSeconds, settledCpuSeconds, readyMiB, settledMiB }) => [
    policies,
    ...[readyMs, cpuSeconds, settledCpuSeconds, readyMiB, settledMiB].map(String),
  ]);
  return formatTable(STARTUP_HEADER, lines);
}

export function neighboursTable(rows: readonly NeighbourRow[]): string {
  const header = ['beside', 'req/s', 'p50 µs', 'p99 µs', 'errors'];
  return formatTable(
    header,
    rows.map((row) => [row.neighbour, ...[row.requestsPerSecond, row.p50Us, row.p99Us, row.errors].map(String)]),
  );
}

export function fairnessTable(rows: readonly FairnessRow[]): string {
  const header = ['a slow run is', 'µs/call of a quick one', 'ms others wait'];
  const names = { repeat: 'repeated elsewhere', suspend: 'suspended' };
  return formatTable(
    header,
    rows.map(({ variant, callUs, waitMs }) => [names[variant], String(callUs), String(waitMs)]),
  );
}
