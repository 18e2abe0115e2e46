import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { settingsDocument, type ServerSettings } from '@ostiary/server';
import { addServeFlags, settingsFrom, type ServeFlags } from '../serve-flags.ts';
import { runServer } from '../serve-run.ts';
import { VERSION } from '../version.ts';
import { printSchema } from './serve.ts';

/** What a policy server of Kubewarden does when nobody says otherwise (contract: policy-server §1.1). */
const DEFAULTS: Partial<ServerSettings> = { addr: '0.0.0.0', policies: 'policies.yml', onBadPolicy: 'refuse' };

/**
 * `ostiary serve` with the defaults of Kubewarden's policy server, so that an image may have it in that one's place.
 *
 * @param args The whole command line, for a process in the background
 */
export function policyServerCommand(args: readonly string[]): Command {
  const command = new Command('policy-server').description(
    "as serve, with the defaults of Kubewarden's policy server, whose place it takes",
  );
  command
    .option('-V', 'print the version')
    .option('--version', 'print the version and the builtins of Rego that are offered');
  addServeFlags(command);
  command.action(async (flags: ServeFlags) => {
    if (flags['V']) return void process.stdout.write(SHORT_VERSION);
    if (flags['version']) return void process.stdout.write(await longVersion());
    if (flags['configSchema']) return printSchema();
    const settings = await settingsFrom(flags, command, DEFAULTS);
    if (settings.clientCaFile?.[0] !== undefined && (settings.certFile ?? settings.keyFile) === undefined) {
      command.error('error: --client-ca-file needs --cert-file and --key-file');
    }
    // Without certificates the original speaks plain HTTP, on every address.
    const plainHttp = settings.plainHttp ?? !(settings.certFile ?? settings.keyFile ?? settings.clientCaFile?.[0]);
    await runServer({ ...settings, plainHttp }, args, command);
  });
  return command.addCommand(docsCommand());
}

function docsCommand(): Command {
  return new Command('docs')
    .description('write a document of all settings')
    .requiredOption('-o, --output <file>', 'Markdown if its name ends in .md, AsciiDoc otherwise')
    .action(async ({ output }: { readonly output: string }) => {
      const format = output.endsWith('.md') ? 'markdown' : 'asciidoc';
      await writeFile(output, settingsDocument(format, 'policy-server'));
    });
}

const SHORT_VERSION = `policy-server ${VERSION}\n`;

async function longVersion(): Promise<string> {
  const { builtinTable } = await import('@ostiary/sandbox');
  const offered = builtinTable().filter(({ leftOut }) => leftOut === undefined);
  return `${SHORT_VERSION}\nRego builtins:\n${offered.map(({ name }) => `  - ${name}\n`).join('')}`;
}
