import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  auditManifests,
  AuditError,
  EvaluationError,
  readPolicy,
  type AdmissionResponse,
  type Evaluator,
  type Manifest,
  type Policy,
} from '@ostiary/audit';
import type { ApiResource, KubeObject } from '@ostiary/kube';
import type { CommandContext } from '../context.ts';
import { parsePolicyResources, type PolicyResource } from '../evaluate/definition.ts';
import { openStage } from '../evaluate/open.ts';
import { loadResource, type Program } from '../evaluate/program.ts';
import { Exit, EXIT } from '../exit.ts';
import { log } from '../log.ts';
import { obtain } from '../registry/obtain.ts';
import { kindsDefinedBy } from '../request/discovery.ts';
import { parseDocuments, readDocuments, readText, type Document } from '../request/documents.ts';
import { builtInKind, groupOf, pluralOf } from '../request/kinds.ts';
import type { AuditFlags } from './audit-flags.ts';
import { idsOf, userOf } from './audit.ts';
import { createLocator, type Locate } from './audit-origin.ts';
import { isViolated, writeOutputs } from './audit-output.ts';

/** Judges manifests by policies of a file, in this process. */
export async function auditFiles(flags: AuditFlags, context: CommandContext): Promise<void> {
  const { policies: policiesFile = '', manifests: manifestsPath = '', kubewardenNamespace } = flags;
  const documents = await readManifests(manifestsPath, context);
  const { policies, resources } = await readPolicyFile(resolve(context.cwd, policiesFile), policiesFile);
  const seesCluster = manifestsPath !== '-' && policies.some(({ contextAware }) => contextAware);
  // What a policy sees of a cluster is the manifests themselves: a chart can be judged before there is one.
  const clusterManifests = seesCluster ? { clusterManifests: manifestsPath } : {};
  await using stage = await openStage(clusterManifests, context);
  const programs = new Map<Policy, Program>();
  for (const [at, policy] of policies.entries()) {
    const resource = resources[at];
    if (resource === undefined) continue;
    programs.set(
      policy,
      await loadResource(asked(resource), { ...stage.options, hostCapabilities: ['*'], fetch: fetcher(context) }),
    );
  }
  const locate = createLocator(context.cwd);
  const { document } = await auditManifests({
    policies,
    manifests: await Promise.all(documents.map((document) => manifestOf(document, locate))),
    resources: await resourcesOf(documents, context),
    evaluator: evaluatorOf(programs),
    idOf: (policy) => idsOf(policy)[0] ?? policy.name,
    namespace: flags.namespace,
    deploymentsNamespace: kubewardenNamespace,
    user: userOf(flags),
  });
  await writeOutputs(
    { ...flags, output: flags.output.length === 0 ? [{ format: 'table' }] : flags.output },
    context,
    document,
  );
  if (isViolated(document, flags.failOn)) throw new Exit(EXIT.rejected);
}

async function readManifests(path: string, context: CommandContext): Promise<readonly Document[]> {
  if (path === '-') return parseDocuments(new TextDecoder().decode(await context.readStdin()), 'standard input');
  return readDocuments(resolve(context.cwd, path));
}

async function readPolicyFile(
  path: string,
  name: string,
): Promise<{ readonly policies: readonly Policy[]; readonly resources: readonly PolicyResource[] }> {
  const text = await readText(path);
  const resources = await parsePolicyResources(text, name);
  const documents = await parseDocuments(text, name);
  return { resources, policies: documents.map((document) => readPolicy(objectOf(document), 'file')) };
}

/** An audit reports what a policy says, also where it only watches. */
function asked(resource: PolicyResource): PolicyResource {
  return { ...resource, mode: 'protect' };
}

function fetcher(context: CommandContext): (module: string) => Promise<Uint8Array> {
  return async (module) => readFile((await obtain(module, {}, context, { takesImages: true })).path);
}

function evaluatorOf(programs: ReadonlyMap<Policy, Program>): Evaluator {
  return {
    evaluate: async ({ policy, id }, review): Promise<AdmissionResponse> => {
      const program = programs.get(policy);
      if (program === undefined) throw new EvaluationError('unknown-policy', `${id} is not loaded`);
      const [document] = await parseDocuments(new TextDecoder().decode(review), id);
      const { request } = (document?.value ?? {}) as { readonly request?: Document['value'] };
      if (request === undefined) throw new EvaluationError('failed', 'there is no request');
      const verdict = await program.evaluate({
        kind: 'admission',
        source: id,
        value: request,
        built: true,
        warning: undefined,
      });
      if (verdict.type === 'gate') throw new EvaluationError('failed', `${id} is a module of the gates`);
      const { response, evaluation } = verdict;
      if (evaluation.failure !== undefined) throw new EvaluationError('failed', evaluation.failure);
      return { allowed: response.allowed, status: { message: response.status?.message } };
    },
  };
}

async function manifestOf(document: Document, locate: Locate): Promise<Manifest> {
  const { place } = document;
  const raw = new TextEncoder().encode(JSON.stringify(document.value));
  return { object: objectOf(document), raw, origin: place === undefined ? undefined : await locate(place) };
}

/** The object of a document; numbers that a double can't hold are in its text alone. Throws AuditError `bad-manifest`. */
function objectOf({ source, value }: Document): KubeObject {
  const object = JSON.parse(JSON.stringify(value)) as Partial<KubeObject> | null;
  const isObject = typeof object?.apiVersion === 'string' && typeof object.kind === 'string';
  if (!isObject || typeof object.metadata?.name !== 'string')
    throw new AuditError('bad-manifest', `${source}: is not an object with apiVersion, kind and metadata.name`);
  return object as KubeObject;
}

/** The resources that manifests are of: those of a stock API server, those that the manifests define, and guesses. */
async function resourcesOf(documents: readonly Document[], context: CommandContext): Promise<readonly ApiResource[]> {
  const defined = kindsDefinedBy(documents);
  const found = new Map<string, ApiResource>();
  for (const { apiVersion, kind } of documents.map(objectOf)) {
    if (found.has(`${apiVersion} ${kind}`)) continue;
    const names = (await defined(apiVersion, kind)) ?? builtInKind(apiVersion, kind);
    if (names === undefined)
      log(context, 'warn', `${apiVersion} ${kind} is not known: taken for ${pluralOf(kind)} of a namespace`);
    const { plural, namespaced } = names ?? { plural: pluralOf(kind), namespaced: true };
    found.set(`${apiVersion} ${kind}`, {
      ...groupOf(apiVersion),
      kind,
      plural,
      namespaced,
      verbs: [],
      subresources: [],
    });
  }
  return [...found.values()];
}
