import { Command, Option } from 'commander';
import type { CommandContext } from '../context.ts';
import { addPolicyFlags, addRequestFlags, type PolicyFlags, type RequestFlags } from '../evaluate/flags.ts';
import { openPrograms, openStage } from '../evaluate/open.ts';
import type { Program, Verdict } from '../evaluate/program.ts';
import { Exit, EXIT } from '../exit.ts';
import { responseJson } from '../output/response.ts';
import { styleOf, type Style } from '../output/style.ts';
import { GOOD, gateText, verdictText } from '../output/verdict.ts';
import { toYaml } from '../output/yaml.ts';
import { openSubjects } from '../request/open.ts';
import type { Subject } from '../request/subject.ts';

type Format = 'text' | 'json' | 'yaml';

interface RunFlags extends PolicyFlags, RequestFlags {
  readonly requestPath: string;
  readonly output?: Format;
}

/** `run`: asks a policy about requests. Contract: authoring §1.4. */
export function runCommand(context: CommandContext): Command {
  const command = new Command('run')
    .description('ask a policy about a request; 0 accepted, 3 rejected, 1 failed, 2 wrong usage')
    .argument('<target>', 'a module (file, address, image, beginning of its SHA-256) or a YAML file of policies');
  addPolicyFlags(addRequestFlags(command))
    .optionsGroup('Output:')
    .addOption(
      new Option('-o, --output <format>', 'default: text on a terminal, json otherwise').choices([
        'text',
        'json',
        'yaml',
      ]),
    );
  return command.action((target: string, flags: RunFlags) => run(target, flags, context));
}

async function run(target: string, flags: RunFlags, context: CommandContext): Promise<void> {
  await using stage = await openStage(flags, context);
  const programs = await openPrograms(target, flags, context, stage.options);
  const printer = printerOf(flags, context);
  let [accepted, rejected, failed] = [0, 0, 0];
  for (const program of programs) {
    for (const subject of await openSubjects(flags, program.raw, context)) {
      const verdict = await program.evaluate(subject);
      context.stdout.write(await printer(program, subject, verdict));
      if (isAccepted(verdict)) accepted++;
      else if (isFailure(verdict)) failed++;
      else rejected++;
    }
  }
  if (accepted + rejected + failed > 1 && formatOf(flags, context) === 'text') {
    context.stdout.write(`\n${accepted} accepted, ${rejected} rejected, ${failed} without a verdict\n`);
  }
  if (rejected + failed === 0) return;
  // For kwctl a policy that breaks has rejected.
  throw new Exit(failed > 0 && context.program !== 'kwctl' ? EXIT.failed : EXIT.rejected);
}

function formatOf({ output }: RunFlags, { program, stdout }: CommandContext): Format {
  return output ?? (stdout.isTTY === true && program === 'ostiary' ? 'text' : 'json');
}

type Printer = (program: Program, subject: Subject, verdict: Verdict) => Promise<string>;

function printerOf(flags: RunFlags, context: CommandContext): Printer {
  const style = styleOf(context);
  switch (formatOf(flags, context)) {
    case 'text':
      return async (program, subject, verdict) => textOf(program, subject, verdict, style);
    case 'json':
      return async (_program, _subject, verdict) => `${jsonOf(verdict)}\n`;
    case 'yaml':
      return async (_program, _subject, verdict) => `---\n${await toYaml(JSON.parse(jsonOf(verdict)))}`;
  }
}

function textOf(program: Program, subject: Subject, verdict: Verdict, style: Style): Promise<string> | string {
  return verdict.type === 'gate'
    ? gateText(program.name, subject, verdict.answer, style)
    : verdictText({ policy: program.name, subject, ...verdict }, style);
}

function jsonOf(verdict: Verdict): string {
  return verdict.type === 'gate' ? verdict.answer.body : responseJson(verdict.response);
}

function isAccepted(verdict: Verdict): boolean {
  return verdict.type === 'gate' ? GOOD.has(verdict.answer.decision) : verdict.response.allowed;
}

function isFailure(verdict: Verdict): boolean {
  return verdict.type === 'gate' ? verdict.answer.decision === 'error' : verdict.evaluation.failure !== undefined;
}
