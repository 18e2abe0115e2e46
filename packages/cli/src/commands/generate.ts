import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import { generateApiServerFiles, TrackedFiles } from '@ostiary/server';
import { addGateFlags, gateFilesOf, namesAnyGate, type GateFlags } from '../gate-flags.ts';
import { readConfigOf } from '../read-config.ts';

interface GenerateFlags extends GateFlags {
  readonly server: string;
  readonly caFile: string;
  readonly clientCertFile?: string;
  readonly clientKeyFile?: string;
  readonly mountPath: string;
  readonly output: string;
}

export function generateCommand(): Command {
  return new Command('generate').description('write files for other programs').addCommand(apiServerCommand());
}

function apiServerCommand(): Command {
  const command = new Command('apiserver').description(
    'everything a stock kube-apiserver needs to ask these gates: kubeconfigs, authorization configuration, webhook configurations, static manifests, flags',
  );
  addGateFlags(command)
    .optionsGroup('How the API server reaches the gates:')
    .addOption(new Option('--server <url>', 'https URL of ostiary serve').makeOptionMandatory())
    .addOption(new Option('--ca-file <pem>', 'the authority that signed its certificate').makeOptionMandatory())
    .addOption(new Option('--client-cert-file <path>', 'client certificate, as the API server sees the path (mTLS)'))
    .addOption(new Option('--client-key-file <path>', 'its private key, likewise'))
    .optionsGroup('Output:')
    .addOption(new Option('--output <dir>', 'where the files are written').makeOptionMandatory())
    .addOption(new Option('--mount-path <dir>', 'where the API server finds them').default('/etc/kubernetes/ostiary'));
  return command.action(run);
}

async function run(flags: GenerateFlags, command: Command): Promise<void> {
  const files = gateFilesOf(flags);
  if (!namesAnyGate(files)) command.error('error: name at least one of the three configuration files');
  const config = await readConfigOf(files, { lenient: flags.lenient === true, log: () => undefined })(
    new TrackedFiles(),
  );
  const generated = generateApiServerFiles(config, {
    serverUrl: flags.server,
    caBundlePem: await readFile(flags.caFile, 'utf8'),
    clientCertificateFile: flags.clientCertFile,
    clientKeyFile: flags.clientKeyFile,
    mountPath: flags.mountPath,
  });
  for (const { path, content } of generated) {
    const target = join(flags.output, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
    process.stdout.write(`${target}\n`);
  }
}
