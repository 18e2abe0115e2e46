import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { JsonValue } from '@ostiary/policy';
import { parse } from 'yaml';
import type { CommandContext } from '../context.ts';
import { UsageError } from '../exit.ts';
import { log } from '../log.ts';
import { buildRequest, OPERATIONS, type Operation } from '../request/build.ts';
import { kindsOfCluster } from '../request/discovery.ts';
import { builtInKind } from '../request/kinds.ts';

interface RequestFlags {
  readonly operation: Operation;
  readonly object?: string;
  readonly oldObject?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Who kwctl's requests come from. */
const USER = { username: 'test-user', groups: ['system:masters'] };

export function admissionRequestCommand(context: CommandContext): Command {
  return new Command('admission-request')
    .description('print the AdmissionRequest that an API server would send about an object')
    .addOption(
      new Option('-o, --operation <operation>', 'what is done to the object').choices(OPERATIONS).makeOptionMandatory(),
    )
    .option('--object <file>', 'the object as it is to become, YAML or JSON; not for DELETE')
    .option('--old-object <file>', 'the object as it is; for UPDATE and DELETE')
    .option('--kubeconfig <file>', 'a cluster that knows the kinds that are not built in')
    .option('--context <name>', 'of that file')
    .action((flags: RequestFlags) => scaffold(flags, context));
}

async function scaffold(flags: RequestFlags, context: CommandContext): Promise<void> {
  const { operation, object, oldObject, kubeconfig } = flags;
  const main = operation === 'DELETE' ? (oldObject ?? object) : object;
  if (main === undefined) {
    throw new UsageError(`${operation} needs ${operation === 'DELETE' ? '--old-object' : '--object'} FILE`);
  }
  const read = async (path: string): Promise<JsonValue> => parse(await readFile(resolve(context.cwd, path), 'utf8'));
  const old = operation !== 'UPDATE' || oldObject === undefined ? undefined : await read(oldObject);
  const cluster = kindsOfCluster({ kubeconfig, context: flags.context });
  const { request, guessed } = await buildRequest(
    await read(main),
    main,
    { operation, oldObject: old, user: USER },
    async (apiVersion, kind) =>
      builtInKind(apiVersion, kind) ?? (await cluster(apiVersion, kind).catch(() => undefined)),
  );
  if (guessed !== undefined) log(context, 'warn', guessed);
  context.stdout.write(`${JSON.stringify(request, null, 2)}\n`);
}
