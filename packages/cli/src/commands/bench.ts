import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { inputOf, JUDGE_OPERATIONS, payloadOf } from '@ostiary/policy';
import { benchText, readBenchResult, regressionOf, type BenchResult } from '../bench/report.ts';
import { measure, type LoopLimits, type Statistics } from '../bench/statistics.ts';
import type { CommandContext } from '../context.ts';
import { EvaluateError } from '../evaluate/errors.ts';
import { addPolicyFlags, addRequestFlags, seconds, type PolicyFlags, type RequestFlags } from '../evaluate/flags.ts';
import { isDefinition, moduleTarget, openStage } from '../evaluate/open.ts';
import {
  checkSettings,
  loadPolicy,
  requestOf,
  type EvaluateOptions,
  type LoadedPolicy,
  type PolicyDefinition,
} from '../evaluate/policy.ts';
import { Exit, EXIT } from '../exit.ts';
import { styleOf } from '../output/style.ts';
import { formatMicros } from '../output/text.ts';
import { readDocuments } from '../request/documents.ts';
import { openSubjects } from '../request/open.ts';
import type { Subject } from '../request/subject.ts';

interface BenchFlags extends PolicyFlags, RequestFlags {
  readonly requestPath: string;
  readonly measurementTime?: number;
  readonly warmUpTime?: number;
  readonly numSamples?: number;
  readonly compare?: string;
  readonly maxRegression?: number;
  readonly dumpResultsToDisk?: string | true;
  readonly output?: 'text' | 'json';
}

/** `bench`: how long a policy takes. Contract: authoring §1.3. */
export function benchCommand(context: CommandContext): Command {
  const command = new Command('bench')
    .description('measure a policy with one request')
    .argument('<target>', 'a module: file, address, image, beginning of its SHA-256');
  addPolicyFlags(addRequestFlags(command))
    .optionsGroup('The measurement:')
    .addOption(new Option('--measurement-time <seconds>', 'of each loop (default: 2)').argParser(seconds))
    .addOption(new Option('--warm-up-time <seconds>', 'before each loop (default: 1)').argParser(seconds))
    .addOption(new Option('--num-samples <n>', 'no more runs than that').argParser(count))
    .addOption(new Option('--num-resamples <n>', 'taken and not used').argParser(count).hideHelp())
    .addOption(new Option('--dump-results-to-disk [file]', 'write the result as JSON (default: ostiary-bench.json)'))
    .addOption(new Option('--compare <file>', 'with a result that was written before'))
    .addOption(
      new Option('--max-regression <percent>', 'with --compare: 3 if a loop is slower by more').argParser(percent),
    )
    .addOption(new Option('-o, --output <format>', 'default: text').choices(['text', 'json']));
  return command.action((target: string, flags: BenchFlags) => bench(target, flags, context));
}

async function bench(target: string, flags: BenchFlags, context: CommandContext): Promise<void> {
  if (isDefinition(target))
    throw new EvaluateError('bad-definition', 'bench measures one module, not a file of custom resources');
  const before = flags.compare === undefined ? undefined : await readBefore(resolve(context.cwd, flags.compare));
  await using stage = await openStage(flags, context);
  const { nature, ...module } = await moduleTarget(target, flags, context);
  if (nature.family === 'gate')
    throw new EvaluateError('wrong-mode', 'bench measures Kubewarden policies; the module is one of the gates');
  const definition: PolicyDefinition = { ...module, nature, settings: module.settings ?? '{}' };
  const [subject, ...more] = await openSubjects(flags, nature.raw, context);
  if (!subject || more.length > 0)
    throw new EvaluateError('wrong-request', `${flags.requestPath}: expected one request`);
  const result = await measured(definition, subject, flags, stage.options, context);
  await report(result, before, flags, context);
}

async function measured(
  definition: PolicyDefinition,
  subject: Subject,
  flags: BenchFlags,
  options: EvaluateOptions,
  context: CommandContext,
): Promise<BenchResult> {
  const policy = await loadPolicy(definition, options);
  const { kind } = definition.nature;
  const beforeStart = performance.now();
  const failed = policy.guest.prepare(JUDGE_OPERATIONS[kind]);
  const startMs = performance.now() - beforeStart;
  if (failed && !failed.ok) throw new EvaluateError('no-start', `the policy does not start: ${failed.failure.message}`);
  await checkSettings(policy);
  const loops: Statistics[] = [];
  const run = async (name: string, once: () => void | Promise<void>): Promise<void> => {
    const limits = limitsOf(flags);
    if (flags.output !== 'json')
      context.stdout.write(`${name}: warming up for ${formatMicros(limits.warmUpMs * 1000)}\n`);
    loops.push(await measure(name, once, limits));
  };
  if (kind === 'wapc' || kind === 'wasi')
    await run('validate_settings', async () => void (await policy.settingsError()));
  await run('validate', await judgement(policy, subject));
  const heldBytes = policy.guest.heldBytes();
  // What each call would cost with an instance of its own, as other hosts run policies.
  const fresh = await loadPolicy(definition, { ...options, snapshot: 'none' });
  await run('validate, fresh instance', await judgement(fresh, subject));
  return {
    policy: definition.name,
    digest: `sha256:${createHash('sha256').update(definition.bytes).digest('hex')}`,
    moduleBytes: definition.bytes.length,
    compileMs: policy.compileMs,
    startMs,
    heldBytes,
    loops,
  };
}

/** One judgement; straight into the guest when it asks its host nothing. */
async function judgement(policy: LoadedPolicy, subject: Subject): Promise<() => void | Promise<void>> {
  const request = requestOf(subject);
  const { nature, settings } = policy.definition;
  const trial = await policy.evaluate(request);
  if (trial.failure !== undefined)
    throw new EvaluateError('no-start', `the policy gives no verdict on this request: ${trial.failure}`);
  if (trial.exchanges.length > 0 || trial.logs.length > 0) return async () => void (await policy.evaluate(request));
  const payload = payloadOf(nature.kind, settings);
  const operation = JUDGE_OPERATIONS[nature.kind];
  return () => void policy.guest.call(operation, inputOf(payload, request));
}

function limitsOf({ measurementTime = 2, warmUpTime = 1, numSamples }: BenchFlags): LoopLimits {
  return { warmUpMs: warmUpTime * 1000, measureMs: measurementTime * 1000, samples: numSamples };
}

async function readBefore(path: string): Promise<BenchResult> {
  const [document] = await readDocuments(path);
  const result = document && readBenchResult(document.value);
  if (result) return result;
  throw new EvaluateError('bad-definition', `${path} is no result of ostiary bench -o json`);
}

async function report(
  result: BenchResult,
  before: BenchResult | undefined,
  flags: BenchFlags,
  context: CommandContext,
): Promise<void> {
  const json = `${JSON.stringify(result, null, 2)}\n`;
  context.stdout.write(flags.output === 'json' ? json : `\n${benchText(result, before, styleOf(context))}`);
  const { dumpResultsToDisk: dump, maxRegression } = flags;
  if (dump !== undefined) await writeFile(fileOf(dump, context), json);
  if (!before || maxRegression === undefined) return;
  const slower = regressionOf(result, before) * 100;
  if (slower <= maxRegression) return;
  context.stderr.write(`slower than before by ${slower.toFixed(1)}%, at most ${maxRegression}% is allowed\n`);
  throw new Exit(EXIT.rejected);
}

function fileOf(dump: string | true, { cwd }: CommandContext): string {
  // Scripts of kwctl give the switch a boolean.
  return dump === true || dump === 'true' ? join(cwd, 'ostiary-bench.json') : resolve(cwd, dump);
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a whole number above zero.');
}

function percent(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0) return value;
  throw new InvalidArgumentError('expected a number of percent.');
}
