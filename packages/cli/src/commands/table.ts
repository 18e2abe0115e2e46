import { Command } from 'commander';
import type { CommandContext } from '../context.ts';

/** A command that was loaded; `args` replaces the command line where the command spells it its own way. */
export interface LoadedCommand {
  readonly command: Command;
  readonly args?: readonly string[];
}

/** A command as `--help` lists it. What it needs is loaded when it runs, or is described in full. */
export interface CommandRow {
  readonly name: string;
  readonly about: string;
  readonly group: CommandGroup;
  /** Whether kwctl has it, too. */
  readonly isKwctl: boolean;
  load(context: CommandContext): Promise<LoadedCommand>;
}

export type CommandGroup = (typeof COMMAND_GROUPS)[number];

/** The headings of `--help`, in order. */
export const COMMAND_GROUPS = [
  'Run the gates',
  'Write policies',
  'Registries and the local store',
  'The tool',
] as const;

const [GATES, AUTHORS, STORE, TOOL] = COMMAND_GROUPS;

function row(
  name: string,
  group: CommandGroup,
  about: string,
  load: (context: CommandContext) => Promise<Command | LoadedCommand>,
  isKwctl = true,
): CommandRow {
  return {
    name,
    about,
    group,
    isKwctl,
    async load(context) {
      const loaded = await load(context);
      return loaded instanceof Command ? { command: loaded } : loaded;
    },
  };
}

/** Every command. `ostiary --help` loads none of them. */
export const COMMANDS: readonly CommandRow[] = [
  row('serve', GATES, 'answer the API server', async ({ args }) => server('serve', args), false),
  row(
    'policy-server',
    GATES,
    "as serve, in the place of Kubewarden's",
    async ({ args }) => server('policy-server', args),
    false,
  ),
  row(
    'controller',
    GATES,
    'run what the custom resources of a cluster ask for',
    async (context) => (await import('./controller.ts')).controllerCommand(context),
    false,
  ),
  row(
    'generate',
    GATES,
    'write files for other programs',
    async () => (await import('./generate.ts')).generateCommand(),
    false,
  ),
  row(
    'audit',
    GATES,
    'judge what is in the cluster, or in manifests, by policies',
    async (context) => (await import('./audit.ts')).auditCommand(context),
    false,
  ),

  row('run', AUTHORS, 'ask a policy about requests, objects or manifests', async (context) =>
    (await import('./run.ts')).runCommand(context),
  ),
  row(
    'test',
    AUTHORS,
    'check what policies say against a file of cases',
    async (context) => (await import('./test.ts')).testCommand(context),
    false,
  ),
  row('bench', AUTHORS, 'measure a policy', async (context) => (await import('./bench.ts')).benchCommand(context)),
  row('inspect', AUTHORS, 'show what a policy says of itself and how it would run', async (context) =>
    (await import('./inspect.ts')).inspectCommand(context),
  ),
  row('annotate', AUTHORS, 'put metadata into a module', async (context) =>
    (await import('./annotate.ts')).annotateCommand(context),
  ),
  row(
    'new',
    AUTHORS,
    'start a policy project',
    async (context) => (await import('./new.ts')).newCommand(context),
    false,
  ),
  row('scaffold', AUTHORS, 'write manifests, requests and projects to start from', async (context) =>
    (await import('./scaffold.ts')).scaffoldCommand(context),
  ),

  row('pull', STORE, 'fetch a policy', async (context) => (await import('./pull.ts')).pullCommand(context)),
  row('push', STORE, 'send a policy to a registry', async (context) =>
    (await import('./push.ts')).pushCommand(context),
  ),
  row('verify', STORE, 'check the signatures of a policy', async (context) =>
    (await import('./verify.ts')).verifyCommand(context),
  ),
  row('digest', STORE, 'print the digest that a tag names now', async (context) =>
    (await import('./digest.ts')).digestCommand(context),
  ),
  row('policies', STORE, 'list the policies in the local store', async (context) =>
    (await import('./policies.ts')).policiesCommand(context),
  ),
  row('rm', STORE, 'remove a policy from the local store', async (context) =>
    (await import('./rm.ts')).rmCommand(context),
  ),
  row('save', STORE, 'write stored policies to an archive', async (context) =>
    (await import('./save.ts')).saveCommand(context),
  ),
  row('load', STORE, 'put the policies of an archive into the store', async (context) =>
    (await import('./load.ts')).loadCommand(context),
  ),

  row('info', TOOL, 'print the version, Rego builtins and folders', async (context) =>
    (await import('./info.ts')).infoCommand(context),
  ),
  row('completions', TOOL, 'print a script that completes commands in a shell', async (context) =>
    (await import('./completions.ts')).completionsCommand(context),
  ),
  row('docs', TOOL, 'write the reference of all commands', async (context) =>
    (await import('./docs.ts')).docsCommand(context),
  ),
  row('man', TOOL, 'write manual pages', async (context) => (await import('./man.ts')).manCommand(context), false),
];

async function server(name: 'serve' | 'policy-server', given: readonly string[]): Promise<LoadedCommand> {
  const { spellOut } = await import('../serve-flags.ts');
  const args = spellOut(given);
  const command =
    name === 'serve'
      ? (await import('./serve.ts')).serveCommand(args)
      : (await import('./serve-policy-server.ts')).policyServerCommand(args);
  return { command, args };
}
