import { join } from 'node:path';
import { runCommand, type CommandResult } from '../command.ts';
import { ensureGoTool } from '../go-tool.ts';
import { ROOT } from '../ostiary.ts';

/** Helm goes by the Kubernetes version that it was built for, as long as it has no cluster to ask. */
const LDFLAGS = [
  '-X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1',
  '-X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=36',
];

/** Path of helm, built first if the cache doesn't have it. */
export function ensureHelm(): Promise<string> {
  return ensureGoTool({ name: 'helm', package: 'helm.sh/helm/v3/cmd/helm', ldflags: LDFLAGS });
}

export function chart(name: 'ostiary' | 'ostiary-crds'): string {
  return join(ROOT, 'charts', name);
}

/** Runs helm in a folder of its own, which takes its caches, with values as JSON on standard input if there are any. */
export type Helm = (args: readonly string[], values?: object) => Promise<CommandResult>;

/** @param kubeconfig Undefined: helm can't reach a cluster. */
export function helmIn(helm: string, dir: string, kubeconfig?: string): Helm {
  return (args, values) =>
    runCommand(helm, values === undefined ? args : [...args, '--values=-'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: dir,
        ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
      },
      cwd: dir,
      timeoutMs: 120_000,
      ...(values === undefined ? {} : { input: JSON.stringify(values) }),
    });
}
