import type { RunDocument } from '../document/document.ts';

/** A run of two policies over two objects. */
export function runDocument(): RunDocument {
  const common = { kind: 'ClusterAdmissionPolicy', namespace: '', mode: 'protect', state: 'evaluated' } as const;
  return {
    schema: 'ostiary.dev/audit-run/v1',
    run: {
      uid: '0f0f',
      source: 'cluster',
      startedAt: '2026-11-21T10:00:00.000Z',
      finishedAt: '2026-11-21T10:00:09.000Z',
      resumed: false,
    },
    totals: { objects: 2, summary: { pass: 1, fail: 1, warn: 0, error: 1, skip: 0 } },
    policies: [
      {
        ...common,
        id: 'kw.cap.labels',
        name: 'labels',
        severity: 'high',
        category: 'Labels',
        pass: 1,
        fail: 1,
        error: 0,
      },
      { ...common, id: 'kw.cap.images', name: 'images', title: 'Images from our registry', pass: 0, fail: 0, error: 1 },
    ],
    namespaces: [{ namespace: 'team', objects: 2, summary: { pass: 1, fail: 1, warn: 0, error: 1, skip: 0 } }],
    findings: [
      {
        policy: 'kw.cap.labels',
        outcome: 'fail',
        severity: 'high',
        category: 'Labels',
        apiVersion: 'v1',
        kind: 'Pod',
        namespace: 'team',
        name: 'web',
        message: 'no team label',
        file: 'charts/a b.yaml',
        line: 3,
      },
      {
        policy: 'kw.cap.images',
        outcome: 'error',
        apiVersion: 'v1',
        kind: 'Pod',
        namespace: 'team',
        name: 'db',
        message: 'trapped',
      },
    ],
    findingsLeftOut: 0,
    problems: [],
  };
}
