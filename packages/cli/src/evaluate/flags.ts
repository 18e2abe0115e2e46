import { InvalidArgumentError, Option, type Command } from 'commander';
import { addRegistryFlags, addSignatureFlags, type RegistryFlags, type SignatureFlags } from '../registry/flags.ts';
import { OPERATIONS, type Operation } from '../request/build.ts';
import { MODES, type ModeFlag } from './mode.ts';

/** How a policy is to be run (contract: authoring §1.4). */
export interface PolicyFlags extends RegistryFlags, SignatureFlags {
  readonly settingsPath?: string;
  readonly settingsJson?: string;
  readonly executionMode?: ModeFlag;
  readonly raw?: true;
  readonly allowContextAware?: true;
  readonly allowedHostCapabilities?: readonly string[];
  readonly recordHostCapabilitiesInteractions?: string;
  readonly replayHostCapabilitiesInteractions?: string;
  readonly clusterManifests?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly timeout?: number;
}

/** What it is asked. */
export interface RequestFlags {
  readonly requestPath?: string;
  readonly operation?: Operation;
  readonly oldObject?: string;
  readonly namespace?: string;
  readonly subresource?: string;
  readonly user?: string;
  readonly group?: readonly string[];
}

export function addPolicyFlags(command: Command): Command {
  command
    .optionsGroup('The policy:')
    .addOption(new Option('-s, --settings-path <file>', 'its settings, YAML or JSON'))
    .addOption(new Option('--settings-json <json>', 'its settings as text'))
    .addOption(
      new Option('-e, --execution-mode <mode>', 'how it is talked to, whatever it says of itself').choices(MODES),
    )
    .addOption(new Option('--raw', 'it judges any JSON, not admission requests'))
    .addOption(new Option('--timeout <seconds>', 'the limit of one request (default: 10)').argParser(seconds))
    .optionsGroup('What it may see:')
    .addOption(new Option('--allow-context-aware', 'let it see the kinds of objects that its metadata asks for'))
    .addOption(
      new Option('--allowed-host-capabilities <patterns...>', 'what it may ask of its host (default: *)').argParser(
        list,
      ),
    )
    .addOption(new Option('--kubeconfig <file>', 'the cluster it sees'))
    .addOption(new Option('--context <name>', 'a context of that file'))
    .addOption(
      new Option('--cluster-manifests <path>', 'a file or folder of manifests in the place of a cluster').conflicts([
        'replayHostCapabilitiesInteractions',
      ]),
    )
    .addOption(
      new Option('--record-host-capabilities-interactions <file>', 'write what it asks and is told').conflicts([
        'replayHostCapabilitiesInteractions',
      ]),
    )
    .addOption(new Option('--replay-host-capabilities-interactions <file>', 'answer it from such a file'))
    // Nothing is cached on disk here; scripts may still say so.
    .addOption(new Option('--disable-wasmtime-cache').hideHelp());
  return addSignatureFlags(addRegistryFlags(command));
}

export function addRequestFlags(command: Command): Command {
  return command
    .optionsGroup('The request:')
    .addOption(
      new Option(
        '-r, --request-path <path>',
        'an AdmissionReview, an AdmissionRequest, an object or a folder of them; - for standard input',
      ).makeOptionMandatory(),
    )
    .addOption(new Option('--operation <name>', 'for objects (default: CREATE)').argParser(operation))
    .addOption(new Option('--old-object <file>', 'what an UPDATE starts from'))
    .addOption(new Option('--namespace <name>', 'for objects that name none (default: default)'))
    .addOption(new Option('--subresource <name>', 'such as status or scale'))
    .addOption(new Option('--user <name>', 'who asks (default: kubernetes-admin)'))
    .addOption(new Option('--group <name>', 'a group of that user; repeatable').argParser(list));
}

function list(value: string, all: readonly string[] = []): readonly string[] {
  return [...all, value];
}

/** A day: no evaluation takes that long, and timers go further. */
const MAX_SECONDS = 86_400;

export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= MAX_SECONDS) return value;
  throw new InvalidArgumentError(`expected a number of seconds up to ${MAX_SECONDS}.`);
}

function operation(text: string): Operation {
  const found = OPERATIONS.find((each) => each === text.toUpperCase());
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`expected one of ${OPERATIONS.join(', ')}.`);
}
