import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import {
  compareRuns,
  formatTable,
  hasViolations,
  htmlReport,
  readDocument,
  sarifLog,
  type FailOn,
  type RunDocument,
} from '@ostiary/audit';
import type { CommandContext } from '../context.ts';
import { VERSION } from '../version.ts';

const FORMATS = ['table', 'json', 'yaml', 'sarif', 'html'] as const;
type Format = (typeof FORMATS)[number];

/** A result and where it goes. */
export interface Output {
  readonly format: Format;
  /** Absent: standard output. */
  readonly file?: string | undefined;
}

/** Reads `FORMAT` or `FORMAT=FILE` of a repeatable flag. */
export function outputArgument(text: string, all: readonly Output[] = []): readonly Output[] {
  const at = text.indexOf('=');
  const word = at < 0 ? text : text.slice(0, at);
  const format = FORMATS.find((one) => one === word);
  if (format === undefined) throw new InvalidArgumentError(`expected one of ${FORMATS.join(', ')}.`);
  const file = at < 0 ? undefined : text.slice(at + 1);
  if (file === undefined && usesStdout(all)) throw new InvalidArgumentError('only one can go to standard output.');
  return [...all, { format, file }];
}

export function usesStdout(outputs: readonly Output[]): boolean {
  return outputs.some(({ file }) => file === undefined);
}

/** Writes a run in every format that was asked for. Throws AuditError for an earlier run that is none. */
export async function writeOutputs(
  { output, compare }: { readonly output: readonly Output[]; readonly compare?: string },
  context: CommandContext,
  document: RunDocument,
): Promise<void> {
  const earlier = compare === undefined ? undefined : await readFile(resolve(context.cwd, compare), 'utf8');
  const comparison = earlier === undefined ? undefined : compareRuns(document, readDocument(earlier, compare ?? ''));
  for (const { format, file } of output) {
    const width = file === undefined && context.stdout.isTTY === true ? context.stdout.columns : undefined;
    const text = await render(format, document, comparison, width);
    if (file === undefined) context.stdout.write(text);
    else await writeFile(resolve(context.cwd, file), text);
  }
}

async function render(
  format: Format,
  document: RunDocument,
  comparison: ReturnType<typeof compareRuns> | undefined,
  width: number | undefined,
): Promise<string> {
  switch (format) {
    case 'table':
      return formatTable(document, width);
    case 'json':
      return `${JSON.stringify(document, null, 2)}\n`;
    case 'yaml':
      return (await import('yaml')).stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
    case 'sarif':
      return `${JSON.stringify(sarifLog(document, VERSION), null, 2)}\n`;
    case 'html':
      return htmlReport(document, comparison);
  }
}

export function isViolated(document: RunDocument, failOn: FailOn | undefined): boolean {
  return failOn !== undefined && hasViolations(document, failOn);
}
