import { Command, Option } from 'commander';
import type { CommandContext } from '../context.ts';
import {
  cleanUp,
  CONTROLLER_FLAGS,
  createControllerLog,
  OptionsError,
  readOptions,
  runController,
  spellFlags,
  type ControllerFlag,
  type ControllerOptions,
} from '@ostiary/controller';
import type { LoadedCommand } from './table.ts';
import { VERSION } from '../version.ts';

type Flags = Readonly<Record<string, string | undefined>>;

/** Custom resources in, running policy servers and their webhooks out. */
export function controllerCommand(context: CommandContext): LoadedCommand {
  const command = new Command('controller').description(
    'keep policy servers and webhooks as the PolicyServers and policies of the cluster want them',
  );
  for (const [name, flag] of Object.entries(CONTROLLER_FLAGS)) {
    const { about, kind } = flag;
    const shown = 'default' in flag ? ` (default: ${flag.default})` : '';
    const allowed = 'allowed' in flag ? `: ${flag.allowed.join(', ')}` : '';
    command.addOption(new Option(`--${name} ${kind === 'switch' ? '[bool]' : '<value>'}`, about + allowed + shown));
  }
  command.action(async (flags: Flags) => run(flags, command, context));
  return { command, args: spellFlags(context.args) };
}

async function run(flags: Flags, command: Command, { env, stderr }: CommandContext): Promise<void> {
  const given = Object.fromEntries(
    Object.keys(CONTROLLER_FLAGS).flatMap((name) => {
      const value = flags[attributeOf(name)];
      return value === undefined ? [] : [[name, value]];
    }),
  ) as Partial<Record<ControllerFlag, string>>;
  // A wrong flag is told of before anything is looked for.
  optionsOf(given, env, '', command);
  const { createKubeClient, loadKubeConfig } = await import('@ostiary/kube');
  const config = await loadKubeConfig({ path: given.kubeconfig, env });
  const options = optionsOf(given, env, config.namespace, command);
  const log = createControllerLog(
    options.logLevel,
    (line) => stderr.write(line),
    () => new Date(),
  );
  const client = createKubeClient(config, { userAgent: `ostiary-controller/${VERSION}` });
  try {
    if (options.cleanup) return await cleanUp(client, log, options);
    if (options.hostNetwork) log('warn', 'policy servers on the network of their nodes need ports that are free there');
    const controller = await runController(client, options, log);
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
    log('info', 'stopping');
    await controller.stop();
  } finally {
    await client.close();
  }
}

function optionsOf(
  given: Partial<Record<ControllerFlag, string>>,
  env: CommandContext['env'],
  namespace: string,
  command: Command,
): ControllerOptions {
  try {
    return readOptions(given, env, namespace);
  } catch (error) {
    // What starts this expects 1 for a bad flag, as the original has it.
    if (error instanceof OptionsError) return command.error(`error: ${error.message}`, { exitCode: 1 });
    throw error;
  }
}

/** How commander calls the value of a flag. */
function attributeOf(flag: string): string {
  return flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
