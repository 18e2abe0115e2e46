/** The names that the command line is started under. */
export type ProgramName = 'ostiary' | 'kwctl';

/** Where text goes: a terminal, a pipe, or a test's buffer. */
export interface TextSink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** What a command gets of the process it runs in, and no more. */
export interface CommandContext {
  readonly program: ProgramName;
  /** Everything after the program's name, as given. */
  readonly args: readonly string[];
  /** Whether `--verbose` stood before the command. */
  readonly verbose: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start. */
  readonly cwd: string;
  /** Results, and nothing else. */
  readonly stdout: TextSink;
  /** Logs, warnings, progress. */
  readonly stderr: TextSink;
  /** What comes on standard input, whole. */
  readStdin(): Promise<Uint8Array>;
}

/** What a process hands in; all of it has a default. */
export type CommandSurroundings = Partial<Omit<CommandContext, 'args' | 'verbose'>>;

/** Most that is read from standard input: some times the biggest review that an API server sends. */
const MAX_STDIN = 64 * 1024 * 1024;

/** The context of a command line. */
export function createContext(args: readonly string[], given: CommandSurroundings): CommandContext {
  const { program = 'ostiary', env = process.env, cwd = process.cwd(), readStdin = readProcessStdin } = given;
  const { stdout = process.stdout, stderr = process.stderr } = given;
  return { program, args, verbose: isVerbose(args), env, cwd, stdout, stderr, readStdin };
}

/** Only what stands before the command is global: `-v` of a command may be the command's own. */
function isVerbose(args: readonly string[]): boolean {
  const end = args.findIndex((arg) => !arg.startsWith('-'));
  return args.slice(0, end === -1 ? args.length : end).some((arg) => arg === '-v' || arg === '--verbose');
}

async function readProcessStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > MAX_STDIN) throw new Error(`standard input has more than ${MAX_STDIN} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
