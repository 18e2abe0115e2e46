import type { Abi, AbiName } from './abi.ts';
import { rego } from './rego/abi.ts';
import { wapc } from './wapc/abi.ts';
import { wasiCommand } from './wasi/command.ts';
import { wasiReactor } from './wasi/reactor.ts';

export const ABIS: Readonly<Record<AbiName, Abi>> = {
  'wasi-reactor': wasiReactor,
  'wasi-command': wasiCommand,
  wapc,
  rego,
};
