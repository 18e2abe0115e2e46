import { yamlFile, type GeneratedFile } from './document.ts';
import { ADMISSION_KUBECONFIG, admissionKubeconfig } from './kubeconfig.ts';
import type { Target } from './options.ts';
import { PHASES, webhookConfiguration, type ActivePhase, type Phase } from './webhooks.ts';

export const WEBHOOK_CONFIGURATIONS = 'webhook-configurations.yaml';
export const ADMISSION_CONFIGURATION = 'admission-configuration.yaml';

/** The API server requires this end of the names of static objects, and refuses it on others. */
const STATIC_SUFFIX = '.static.k8s.io';

/** Objects to apply, the same objects as static manifests, and the configuration that names these. */
export function admissionFiles(phases: readonly ActivePhase[], target: Target): readonly GeneratedFile[] {
  const kubeconfig = admissionKubeconfig(target);
  return [
    yamlFile(
      WEBHOOK_CONFIGURATIONS,
      'For `kubectl apply`, unless the API server reads the static manifests: with both, every module is called twice.',
      ...phases.map((active) => webhookConfiguration(active, target.name, target)),
    ),
    ...phases.map((active) =>
      yamlFile(
        `${manifestsFolder(active.phase)}/webhooks.yaml`,
        'Read by the API server at its start and whenever it changes (manifest-based admission control).',
        webhookConfiguration(active, target.name + STATIC_SUFFIX, target),
      ),
    ),
    admissionConfiguration(phases, target),
    ...(kubeconfig === undefined ? [] : [kubeconfig]),
  ];
}

/** Each admission plugin refuses manifests of the other one, so each has a folder of its own. */
function manifestsFolder(phase: Phase): string {
  return `static-manifests/${phase}`;
}

function admissionConfiguration(phases: readonly ActivePhase[], target: Target): GeneratedFile {
  const comment = [
    'For --admission-control-config-file. `staticManifestsDir` needs Kubernetes 1.36 and the feature gate',
    'ManifestBasedAdmissionControlConfig; without them, remove it and apply webhook-configurations.yaml.',
  ].join('\n');
  return yamlFile(ADMISSION_CONFIGURATION, comment, {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AdmissionConfiguration',
    plugins: phases.map(({ phase }) => ({
      name: PHASES[phase].plugin,
      configuration: {
        apiVersion: 'apiserver.config.k8s.io/v1',
        kind: 'WebhookAdmissionConfiguration',
        kubeConfigFile: target.client === undefined ? '' : target.mounted(ADMISSION_KUBECONFIG),
        staticManifestsDir: target.mounted(manifestsFolder(phase)),
      },
    })),
  });
}
