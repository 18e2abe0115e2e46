import { ADMISSION_CONFIGURATION, WEBHOOK_CONFIGURATIONS } from './admission.ts';
import { AUTHORIZATION_CONFIGURATION } from './authorization.ts';
import { commented, type GeneratedFile } from './document.ts';
import { AUTHENTICATION_KUBECONFIG, AUTHORIZATION_KUBECONFIG } from './kubeconfig.ts';
import type { Target } from './options.ts';

/** Which gates have something for the API server to call. */
export interface Gates {
  readonly authentication: boolean;
  readonly authorization: boolean;
  readonly admission: boolean;
}

/** The flags to add to kube-apiserver, one per line, with comments behind `#`. */
export function flagsFile(gates: Gates, target: Target): GeneratedFile {
  const sections = [
    'Flags to add to kube-apiserver, one per line. Lines that start with # are comments.\n',
    ...(gates.authentication ? [authenticationFlags(target)] : []),
    ...(gates.authorization ? [authorizationFlags(target)] : []),
    ...(gates.admission ? [admissionFlags(target)] : []),
  ];
  const [heading = '', ...rest] = sections;
  return { path: 'flags.txt', content: [commented(heading.trimEnd()), ...rest].join('\n') };
}

/** A cache time of zero leaves the API server's own 10 seconds for successes, which the original has too. */
function authenticationFlags({ mounted }: Target): string {
  return section(
    'Authentication. The API server still caches a success for 10 s, and never a failure.',
    `--authentication-token-webhook-config-file=${mounted(AUTHENTICATION_KUBECONFIG)}`,
    '--authentication-token-webhook-version=v1',
    '--authentication-token-webhook-cache-ttl=0s',
  );
}

function authorizationFlags({ mounted }: Target): string {
  const older = [
    'Before Kubernetes 1.32, these instead:',
    '--authorization-mode=Node,RBAC,Webhook',
    `--authorization-webhook-config-file=${mounted(AUTHORIZATION_KUBECONFIG)}`,
    '--authorization-webhook-version=v1',
    '--authorization-webhook-cache-authorized-ttl=0s',
    '--authorization-webhook-cache-unauthorized-ttl=0s',
  ];
  return (
    section(
      'Authorization, from Kubernetes 1.32 on. Remove --authorization-mode: the two exclude each other.',
      `--authorization-config=${mounted(AUTHORIZATION_CONFIGURATION)}`,
    ) + commented(older.join('\n'))
  );
}

function admissionFlags({ mounted, client }: Target): string {
  const older =
    client === undefined
      ? `Before Kubernetes 1.36, neither flag: apply ${WEBHOOK_CONFIGURATIONS} instead.`
      : `Before Kubernetes 1.36, only the first one, without staticManifestsDir in it; apply ${WEBHOOK_CONFIGURATIONS}.`;
  return section(
    `Admission by static manifests, from Kubernetes 1.36 on.\n${older}`,
    `--admission-control-config-file=${mounted(ADMISSION_CONFIGURATION)}`,
    '--feature-gates=ManifestBasedAdmissionControlConfig=true',
  );
}

function section(comment: string, ...flags: readonly string[]): string {
  return commented(comment) + flags.map((flag) => `${flag}\n`).join('');
}
