/** What can stand where on a command line. */
export interface CompletionTable {
  readonly program: string;
  readonly commands: readonly CompletedCommand[];
}

export interface CompletedCommand {
  /** As in `ostiary scaffold manifest`. */
  readonly path: string;
  readonly commands: readonly { readonly word: string; readonly about: string }[];
  readonly options: readonly CompletedOption[];
  /** Whether an argument can be a stored policy. */
  readonly takesPolicies: boolean;
}

export interface CompletedOption {
  /** As in `-o`, `--output`. */
  readonly names: readonly string[];
  readonly about: string;
  readonly takesValue: boolean;
  /** The values that are allowed, where they are few; a path otherwise. */
  readonly choices: readonly string[];
}

/** `path word` for every subcommand: how a script finds out which command it is in. */
export function deeperPaths({ commands }: CompletionTable): readonly string[] {
  return commands.map(({ path }) => path).filter((path) => path.includes(' '));
}

/** A function name for the shell: the program's name has letters only. */
export function functionName({ program }: CompletionTable): string {
  return `_${program}`;
}

/** In single quotes, for POSIX-like shells. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
