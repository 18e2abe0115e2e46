import { stringify } from 'yaml';
import { isSemver } from './decode.ts';
import { MetadataError } from './errors.ts';
import { parseMaintainers } from './maintainers.ts';
import { ANNOTATION, type PolicyMetadata } from './policy-metadata.ts';

/** What goes into a package description. */
export interface ArtifactHubInput {
  readonly metadata: PolicyMetadata;
  /** The text of the questions file for graphical tools. */
  readonly questions?: string | undefined;
  readonly createdAt: Date;
}

const RECOMMENDED = 'https://artifacthub.io/packages/helm/kubewarden/kubewarden-controller';

const HEADER = `# Kubewarden Artifact Hub package description.
#
# Generated from the metadata of the policy. Change the metadata and generate it again
# rather than changing this file. The version, and with it the image and the download
# link, comes from the annotation ${ANNOTATION.version}.
#
`;

/**
 * An `artifacthub-pkg.yml` (authoring contract §4.5).
 *
 * @throws {MetadataError} `incomplete`, naming every annotation that is missing or can't be used.
 */
export function artifactHubPackage({ metadata, questions, createdAt }: ArtifactHubInput): string {
  const annotations = new Map(Object.entries(metadata.annotations ?? {}));
  const problems: string[] = [];
  const required = (name: string): string => {
    const value = annotations.get(name)?.trim() ?? '';
    if (value === '') problems.push(`the annotation ${name} is missing`);
    return value;
  };
  const version = required(ANNOTATION.version);
  const name = required(ANNOTATION.title);
  const displayName = required(ANNOTATION.displayName);
  const description = required(ANNOTATION.description);
  const ociUrl = required(ANNOTATION.ociUrl);
  if (version !== '' && !isSemver(version)) problems.push(`the annotation ${ANNOTATION.version} is not a version`);
  const keywords = annotations
    .get(ANNOTATION.keywords)
    ?.split(',')
    .map((word) => word.trim());
  if (keywords?.includes('') === true) problems.push(`the annotation ${ANNOTATION.keywords} has an empty keyword`);
  const author = annotations.get(ANNOTATION.author);
  const maintainers = author === undefined ? [] : parseMaintainers(author);
  if (maintainers === undefined) problems.push(`the annotation ${ANNOTATION.author} is not a list of e-mail addresses`);
  if (questions?.trim() === '') problems.push('the questions file is empty');
  const links = linksOf(annotations, version, problems);
  if (problems.length > 0) throw incomplete(problems);
  const image = `${ociUrl}:v${version}`;
  const document = {
    version,
    name,
    displayName,
    createdAt: createdAt.toISOString(),
    description,
    ...present('license', annotations.get(ANNOTATION.license)),
    ...present('homeURL', annotations.get(ANNOTATION.url)),
    containersImages: [{ name: 'policy', image }],
    ...present('keywords', keywords),
    ...present('links', links),
    install: install(image),
    ...present('maintainers', maintainers?.length === 0 ? undefined : maintainers),
    provider: { name: 'kubewarden' },
    recommendations: [{ url: RECOMMENDED }],
    annotations: packageAnnotations(metadata, annotations, questions),
  };
  return HEADER + stringify(document, { lineWidth: 0 });
}

function incomplete(problems: readonly string[]): MetadataError {
  return new MetadataError('incomplete', `The package can't be described: ${problems.join('; ')}`);
}

function present<T>(name: string, value: T | undefined): Readonly<Record<string, T>> {
  return value === undefined ? {} : { [name]: value };
}

/** The source, and on GitHub the module of the release. */
function linksOf(annotations: ReadonlyMap<string, string>, version: string, problems: string[]) {
  const source = annotations.get(ANNOTATION.source);
  if (source === undefined) return undefined;
  const url = URL.parse(source);
  if (url === null) {
    problems.push(`the annotation ${ANNOTATION.source} is not a URL`);
    return undefined;
  }
  const links = [{ name: 'source', url: source }];
  if (url.host !== 'github.com') return links;
  const tag = encodeURIComponent(annotations.get(ANNOTATION.releaseTag) ?? `v${version}`);
  const base = source.replace(/\/+$/, '');
  return [{ name: 'policy', url: `${base}/releases/download/${tag}/policy.wasm` }, ...links];
}

function install(image: string): string {
  return [
    'The policy can be obtained using [`kwctl`](https://docs.kubewarden.io/reference/kwctl-cli):',
    '```console',
    `kwctl pull ${image}`,
    '```',
    'A manifest to start from, such as a `ClusterAdmissionPolicy`, is made with:',
    '```console',
    `kwctl scaffold manifest -t ClusterAdmissionPolicy registry://${image}`,
    '```',
    '',
  ].join('\n');
}

function packageAnnotations(
  metadata: PolicyMetadata,
  annotations: ReadonlyMap<string, string>,
  questions: string | undefined,
): Readonly<Record<string, string>> {
  const resources = metadata.contextAwareResources;
  return {
    'kubewarden/mutation': String(metadata.mutating),
    ...present('kubewarden/resources', annotations.get(ANNOTATION.resources)),
    'kubewarden/rules': stringify(metadata.rules),
    ...present('kubewarden/contextAwareResources', resources.length === 0 ? undefined : stringify(resources)),
    ...present('kubewarden/questions-ui', questions),
    ...present('kubewarden/hidden-ui', annotations.get(ANNOTATION.hiddenUi)),
  };
}
