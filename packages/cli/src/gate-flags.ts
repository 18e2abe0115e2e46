import { Option, type Command } from 'commander';
import type { GateFiles } from '@ostiary/server';

/** Values of the flags that name the three configuration files, as commander delivers them. */
export interface GateFlags {
  readonly authenticationWasmConfigFile?: string;
  readonly authorizationWasmConfigFile?: string;
  readonly admissionControlConfigFile?: string;
  readonly lenient?: true;
}

/** Adds the extension's own flags (contract: fork §2, §3). */
export function addGateFlags(command: Command): Command {
  return command
    .optionsGroup('Gates:')
    .addOption(new Option('--authentication-wasm-config-file <file>', 'modules that authenticate bearer tokens'))
    .addOption(new Option('--authorization-wasm-config-file <file>', 'modules that authorize requests'))
    .addOption(
      new Option(
        '--admission-control-config-file <file>',
        'AdmissionConfiguration with the plugin WASM, or a bare list of modules that admit objects',
      ),
    )
    .addOption(new Option('--lenient', 'accept unknown and duplicate fields, as the original did'));
}

export function gateFilesOf(flags: GateFlags): GateFiles {
  return {
    authentication: flags.authenticationWasmConfigFile,
    authorization: flags.authorizationWasmConfigFile,
    admission: flags.admissionControlConfigFile,
  };
}

export function namesAnyGate(files: GateFiles): boolean {
  return Object.values(files).some((file) => file !== undefined);
}
