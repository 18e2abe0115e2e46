import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { parseCapabilityPatterns } from '@ostiary/registry';
import type { CommandContext } from '../context.ts';
import { log } from '../log.ts';
import { obtain } from '../registry/obtain.ts';
import { readDocuments, readText } from '../request/documents.ts';
import { startClockwork } from './clockwork.ts';
import { parsePolicyResources } from './definition.ts';
import { EvaluateError } from './errors.ts';
import type { PolicyFlags } from './flags.ts';
import type { Grants, World } from './host.ts';
import { natureOf, type ModuleNature } from './mode.ts';
import { DEFAULT_TIMEOUT_MS, type EvaluateOptions } from './policy.ts';
import { loadModule, loadResource, type ModuleTarget, type Program } from './program.ts';
import { readSettings } from './settings.ts';
import { lazyWorld, openWorld, type WorldChoice } from './world.ts';

/** Where policies of a command run; to be closed. */
export interface Stage extends AsyncDisposable {
  readonly options: EvaluateOptions;
}

/** Opens what the flags say of the world, and starts the clock. Throws EvaluateError and InputError. */
export async function openStage(flags: PolicyFlags, context: CommandContext): Promise<Stage> {
  const world = await worldOf(flags, context);
  const clockwork = startClockwork();
  const timeoutMs = flags.timeout === undefined ? DEFAULT_TIMEOUT_MS : flags.timeout * 1000;
  return {
    options: { control: clockwork.control, world, timeoutMs },
    async [Symbol.asyncDispose]() {
      await world.close();
      await clockwork[Symbol.asyncDispose]();
    },
  };
}

async function worldOf(flags: PolicyFlags, context: CommandContext): Promise<World> {
  const { cwd } = context;
  const { recordHostCapabilitiesInteractions: record, replayHostCapabilitiesInteractions: replay } = flags;
  const recordTo = record === undefined ? undefined : resolve(cwd, record);
  const choice: WorldChoice =
    replay !== undefined
      ? { kind: 'replay', session: resolve(cwd, replay) }
      : flags.clusterManifests !== undefined
        ? { kind: 'manifests', documents: await readDocuments(resolve(cwd, flags.clusterManifests)), recordTo }
        : { kind: 'live', recordTo };
  const open = async (): Promise<World> =>
    openWorld(choice, { live: await liveOptions(flags, context), warn: (message) => log(context, 'warn', message) });
  // Most policies ask nothing: what it takes to answer is loaded by the first question.
  return choice.kind === 'live' && recordTo === undefined ? lazyWorld(open) : open();
}

async function liveOptions(
  flags: PolicyFlags,
  context: CommandContext,
): Promise<import('@ostiary/capabilities').LiveOptions> {
  const { trustRootOf } = await import('../registry/trust.ts');
  const { openClient } = await import('../registry/open.ts');
  const { kubeconfig, context: name } = flags;
  const path = kubeconfig === undefined ? undefined : resolve(context.cwd, kubeconfig);
  return {
    kube: async () => (await import('@ostiary/kube')).loadKubeConfig({ path, context: name, env: context.env }),
    registry: () => openClient(flags, context),
    trustRoot: trustRootOf(flags, context),
  };
}

/** Whether a target is a file of custom resources rather than a module; its name decides, as it always did. */
export function isDefinition(target: string): boolean {
  return /\.ya?ml$/.test(target);
}

/** The policies that a target names, ready to be asked. Throws EvaluateError, RegistryError and InputError. */
export async function openPrograms(
  target: string,
  flags: PolicyFlags,
  context: CommandContext,
  options: EvaluateOptions,
): Promise<readonly Program[]> {
  if (!isDefinition(target)) return [await loadModule(await moduleTarget(target, flags, context), options)];
  if (flags.raw)
    throw new EvaluateError(
      'bad-definition',
      '--raw is for modules: policies of a file of custom resources judge admission requests',
    );
  if (flags.settingsPath !== undefined || flags.settingsJson !== undefined) {
    log(context, 'info', 'settings are taken from the custom resources; the flags are not looked at');
  }
  const path = resolve(context.cwd, target);
  const resources = await parsePolicyResources(await readText(path), target);
  if (resources.length > 1) log(context, 'warn', `${target} has ${resources.length} policies: each of them is asked`);
  const hostCapabilities = capabilitiesOf(flags);
  const programs: Program[] = [];
  for (const resource of resources) {
    programs.push(
      await loadResource(resource, {
        ...options,
        hostCapabilities,
        fetch: async (module) => readFile((await obtain(module, flags, context, { takesImages: true })).path),
      }),
    );
  }
  return programs;
}

/** A module with what the flags say of it. */
export async function moduleTarget(
  target: string,
  flags: PolicyFlags,
  context: CommandContext,
): Promise<ModuleTarget & { readonly nature: ModuleNature; readonly path: string }> {
  const { executionMode: mode, raw, settingsPath, settingsJson } = flags;
  const { path } = await obtain(target, flags, context);
  const bytes = await readFile(path);
  const nature = natureOf(bytes, { mode, raw });
  const given = settingsPath !== undefined || settingsJson !== undefined;
  const settings = await readSettings({
    settingsPath: settingsPath === undefined ? undefined : resolve(context.cwd, settingsPath),
    settingsJson,
  });
  return {
    name: basename(target).replace(/\.wasm$/, ''),
    path,
    bytes,
    nature,
    settings: given || nature.family === 'policy' ? settings : undefined,
    grants: { hostCapabilities: capabilitiesOf(flags), contextAwareResources: visible(nature, flags, context) },
  };
}

/** The kinds that a policy may see: those its metadata asks for, if the user lets it. */
function visible(nature: ModuleNature, flags: PolicyFlags, context: CommandContext): Grants['contextAwareResources'] {
  const wanted = nature.metadata?.contextAwareResources ?? [];
  if (wanted.length === 0 || flags.allowContextAware || flags.clusterManifests !== undefined) return wanted;
  const kinds = wanted.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`).join(', ');
  log(context, 'warn', `the policy wants to see objects of a cluster: ${kinds}`);
  log(context, 'warn', 'it is not let: allow it with --allow-context-aware');
  return [];
}

function capabilitiesOf({ allowedHostCapabilities = ['*'] }: PolicyFlags): readonly string[] {
  const parsed = parseCapabilityPatterns(allowedHostCapabilities);
  if (parsed.ok) return allowedHostCapabilities;
  throw new EvaluateError('bad-definition', parsed.problems.map(({ message }) => message).join('\n'));
}
