import { InvalidArgumentError, Option, type Command } from 'commander';
import { FAIL_ON, LOG_LEVELS, REPORT_KINDS, type FailOn, type LogLevel, type ReportKind } from '@ostiary/audit';
import { outputArgument, type Output } from './audit-output.ts';

/** Flags of both ways to audit. */
export interface AuditFlags {
  readonly namespace?: string;
  readonly cluster?: true;
  readonly kubewardenNamespace: string;
  readonly policyServerUrl?: string;
  readonly loglevel: LogLevel;
  readonly outputScan?: true;
  readonly ignoreNamespaces: readonly string[];
  readonly insecureSsl?: true;
  readonly extraCa?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly disableStore?: true;
  readonly parallelNamespaces: number;
  readonly parallelResources: number;
  readonly parallelPolicies: number;
  readonly pageSize: number;
  readonly reportKind?: ReportKind;
  readonly output: readonly Output[];
  readonly compare?: string;
  readonly failOn?: FailOn;
  readonly user?: string;
  readonly group: readonly string[];
  readonly patience: number;
  readonly checkpoint?: string;
  readonly continuous?: true;
  readonly resync: number;
  readonly leaderElect?: true;
  readonly metricsAddress?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly policies?: string;
  readonly manifests?: string;
}

/** Switches that scripts may spell with a value, as programs in Go take it. */
const SWITCHES: ReadonlySet<string> = new Set([
  'cluster',
  'output-scan',
  'insecure-ssl',
  'disable-store',
  'continuous',
  'leader-elect',
]);

export function addAuditFlags(command: Command): void {
  addScope(command);
  addServers(command);
  addReports(command);
  addManifests(command);
}

function addScope(command: Command): void {
  command
    .optionsGroup('What is audited:')
    .addOption(
      new Option('-n, --namespace <name>', 'only this namespace; of manifests, where objects go that name none'),
    )
    .addOption(new Option('-c, --cluster', 'only objects without a namespace'))
    .addOption(
      new Option('-i, --ignore-namespaces <names>', 'not these; repeatable, or separated by commas')
        .argParser(names)
        .default([]),
    )
    .addOption(new Option('--user <name>', 'who is said to create the objects (default: the scanner)'))
    .addOption(new Option('--group <name>', 'a group of that user; repeatable').argParser(names).default([]))
    .addOption(new Option('--kubeconfig <file>', 'the cluster (default: KUBECONFIG, or the one that this runs in)'))
    .addOption(new Option('--context <name>', 'a context of that file'))
    .addOption(new Option('--page-size <objects>', 'objects of one list request').argParser(count).default(100))
    .addOption(
      new Option('--parallel-namespaces <n>', 'the three multiplied bound the evaluations under way')
        .argParser(count)
        .default(1),
    )
    .addOption(
      new Option('--parallel-resources <n>', 'objects that are looked at together').argParser(count).default(100),
    )
    .addOption(
      new Option('--parallel-policies <n>', 'policies that are asked together about an object')
        .argParser(count)
        .default(5),
    )
    .addOption(new Option('--checkpoint <place>', 'note how far it is, to go on there: a file, or configmap/NAME'))
    .addOption(new Option('--continuous', 'stay, and look again at what changes'))
    .addOption(
      new Option('--resync <hours>', 'with --continuous: evaluate everything anew').argParser(hours).default(4),
    )
    .addOption(new Option('--leader-elect', 'with --continuous: one of several replicas at a time, by a Lease'));
}

function addServers(command: Command): void {
  command
    .optionsGroup('Policy servers:')
    .addOption(new Option('-k, --kubewarden-namespace <name>', 'where they run').default('kubewarden'))
    .addOption(new Option('-u, --policy-server-url <url>', 'ask this one for all policies'))
    .addOption(new Option('-f, --extra-ca <file>', 'trust this authority, too (PEM)'))
    .addOption(new Option('--client-cert <file>', 'present this certificate (PEM)'))
    .addOption(new Option('--client-key <file>', 'and its key'))
    .addOption(new Option('--insecure-ssl', "don't check certificates"))
    .addOption(new Option('--patience <seconds>', 'wait for a server that is gone').argParser(seconds).default(30));
}

function addReports(command: Command): void {
  command
    .optionsGroup('Results:')
    .addOption(
      new Option('--report-kind <kind>', 'default: policyreport if its CRDs are installed, else openreports').choices(
        REPORT_KINDS,
      ),
    )
    .addOption(new Option('--disable-store', 'write and remove no reports'))
    .addOption(new Option('-o, --output-scan', 'print each report as a line of JSON'))
    .addOption(
      new Option(
        '--output <format[=file]>',
        'table, json, yaml, sarif or html; repeatable (default for manifests: table)',
      )
        .argParser(outputArgument)
        .default([]),
    )
    .addOption(new Option('--compare <file>', 'an earlier --output json: html shows what has changed since'))
    .addOption(
      new Option('--fail-on <severity>', 'end with 3 for violations of at least this severity').choices(FAIL_ON),
    )
    .addOption(new Option('--metrics-address <host:port>', 'serve metrics for Prometheus'))
    .addOption(
      new Option('-l, --loglevel <level>', 'debug, info, warning or error').argParser(logLevel).default('info'),
    );
}

function addManifests(command: Command): void {
  command
    .optionsGroup('Without a cluster:')
    .addOption(new Option('--policies <file>', 'policies, as their custom resources'))
    .addOption(
      new Option('--manifests <path>', 'a file or folder to judge by them; - for standard input, as of helm template'),
    );
}

/** The arguments with their switches as this command knows them. */
export function spellOut(args: readonly string[]): readonly string[] {
  return args.flatMap((arg) => {
    const [, name = '', value = ''] = /^--([a-z-]+)=(true|false)$/.exec(arg) ?? [];
    if (!SWITCHES.has(name)) return [arg];
    return value === 'true' ? [`--${name}`] : [];
  });
}

function names(text: string, all: readonly string[] = []): readonly string[] {
  return [...all, ...text.split(',').filter((name) => name !== '')];
}

/** The most that any of these numbers makes sense for: objects of a page that the API server gives. */
const MAX_COUNT = 10_000;

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= MAX_COUNT) return value;
  throw new InvalidArgumentError(`expected a number from 1 to ${MAX_COUNT}.`);
}

function hours(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= 24 * 7) return value;
  throw new InvalidArgumentError('expected hours, a week at most.');
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 3600) return value;
  throw new InvalidArgumentError('expected seconds, an hour at most.');
}

/** The original has no level by default and doesn't start then; nothing said is `info` here. */
function logLevel(text: string): LogLevel {
  const word = text === '' ? 'info' : text.toLowerCase() === 'warn' ? 'warning' : text.toLowerCase();
  const level = LOG_LEVELS.find((one) => one === word);
  if (level !== undefined) return level;
  throw new InvalidArgumentError(`expected one of ${LOG_LEVELS.join(', ')}.`);
}
