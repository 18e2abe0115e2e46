import { Help, type Argument, type Command, type Option } from 'commander';
import type { CommandContext } from '../context.ts';
import { createProgram } from '../program.ts';

/** A command as documents and completions need it. */
export interface CommandModel {
  /** With the program's name, as in `ostiary scaffold manifest`. */
  readonly path: string;
  readonly about: string;
  readonly usage: string;
  readonly arguments: readonly ArgumentModel[];
  readonly options: readonly OptionModel[];
  readonly commands: readonly CommandModel[];
}

export interface ArgumentModel {
  readonly name: string;
  readonly about: string;
  readonly isVariadic: boolean;
}

export interface OptionModel {
  /** As help shows it: `-o, --output <file>`. */
  readonly flags: string;
  /** What may be typed: `-o`, `--output`. */
  readonly names: readonly string[];
  readonly about: string;
  /** The heading it stands under. */
  readonly group: string;
  readonly takesValue: boolean;
  /** The values that are allowed, where they are few. */
  readonly choices: readonly string[];
}

/** Every command of the program that was started, loaded and described. */
export async function describeProgram(context: CommandContext): Promise<CommandModel> {
  const { program } = await createProgram(context, () => true);
  return describe(program, '');
}

const HELP = new Help();

function describe(command: Command, parent: string): CommandModel {
  const path = `${parent}${command.name()}`;
  return {
    path,
    about: command.description(),
    usage: `${path} ${command.usage()}`,
    arguments: command.registeredArguments
      .filter(({ description }) => !description.startsWith('ignored'))
      .map(argument),
    options: HELP.visibleOptions(command).map(option),
    commands: HELP.visibleCommands(command)
      .filter((child) => child.name() !== 'help')
      .map((child) => describe(child, `${path} `)),
  };
}

function argument(given: Argument): ArgumentModel {
  return { name: given.name(), about: given.description, isVariadic: given.variadic };
}

function option(given: Option): OptionModel {
  return {
    flags: given.flags,
    names: [given.short, given.long].filter((name) => name !== undefined && name !== null),
    about: HELP.optionDescription(given),
    group: (given.helpGroupHeading ?? 'Options:').replace(/:$/, ''),
    takesValue: given.required,
    choices: given.argChoices ?? [],
  };
}

/** A command and all below it, parents first. */
export function allCommands(model: CommandModel): readonly CommandModel[] {
  return [model, ...model.commands.flatMap(allCommands)];
}
