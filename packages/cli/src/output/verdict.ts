import { parseLossless, type GateAnswer, type PolicyResponse } from '@ostiary/policy';
import type { Evaluation } from '../evaluate/policy.ts';
import { titleOf, type Subject } from '../request/subject.ts';
import { memberAt, textAt } from '../request/value.ts';
import { mutationOf, mutationText } from './mutation.ts';
import type { Style } from './style.ts';
import { toYaml } from './yaml.ts';
import { formatMicros, indent, printable } from './text.ts';

/** What to show of a verdict on a policy's request. */
export interface ShownVerdict {
  readonly policy: string;
  readonly subject: Subject;
  /** After the configuration has had its say. */
  readonly response: PolicyResponse;
  readonly evaluation: Evaluation;
}

const PAD = '  ';

/** A verdict as a person reads it; ends with a newline. */
export async function verdictText(shown: ShownVerdict, style: Style): Promise<string> {
  const { policy, subject, response, evaluation } = shown;
  const word = response.allowed ? style('good', 'accepted') : style('bad', 'rejected');
  const code = response.status?.code === undefined ? '' : ` (code ${response.status.code})`;
  const time = style('faint', `${printable(policy)}, ${formatMicros(evaluation.micros)}`);
  const lines = [`${word}${code}  ${printable(titleOf(subject))}  ${time}`, ...statusLines(response)];
  if (evaluation.failure !== undefined) lines.push(style('bad', 'the policy gave no verdict of its own'));
  if (evaluation.stderr !== '')
    lines.push(style('faint', 'standard error:'), indent(printable(evaluation.stderr), PAD));
  for (const warning of response.warnings ?? []) lines.push(`${style('warning', 'warning:')} ${printable(warning)}`);
  for (const [key, value] of response.auditAnnotations ?? [])
    lines.push(printable(`audit annotation ${key}: ${value}`));
  for (const log of evaluation.logs) lines.push(style('faint', `log: ${printable(log)}`));
  const mutation = mutationOf(subject, response);
  if (mutation) lines.push(style('heading', 'changes:'), await mutationText(mutation, style));
  const [first = '', ...rest] = lines;
  return `${[first, ...rest.map((line) => indent(line, PAD))].join('\n')}\n`;
}

function statusLines({ status }: PolicyResponse): readonly string[] {
  if (!status) return [];
  const causes = (status.details?.causes ?? []).map(({ field, message }) =>
    printable(`- ${[field, message].filter((part) => part !== null).join(': ')}`),
  );
  return [...(status.message === undefined ? [] : [printable(status.message)]), ...causes];
}

/** A gate's answer as a person reads it; ends with a newline. */
export async function gateText(module: string, subject: Subject, answer: GateAnswer, style: Style): Promise<string> {
  const { decision, body, failures } = answer;
  const word = style(GOOD.has(decision) ? 'good' : 'bad', decision);
  const lines = [`${word}  ${printable(titleOf(subject))}  ${style('faint', printable(module))}`];
  for (const { message, stderr } of failures) {
    lines.push(indent(printable(message), PAD));
    if (stderr.trim() !== '') lines.push(indent(printable(stderr.trimEnd()), PAD));
  }
  const review = parseLossless(new TextEncoder().encode(body));
  const status = memberAt(review, 'status') ?? memberAt(review, 'response', 'status');
  if (status !== undefined) lines.push(indent(printable((await toYaml(status)).trimEnd()), PAD));
  const mutation = mutationOf(subject, { patch: textAt(review, 'response', 'patch') });
  if (mutation) lines.push(`${PAD}${style('heading', 'changes:')}`, indent(await mutationText(mutation, style), PAD));
  return `${lines.join('\n')}\n`;
}

/** Decisions that let a request on. */
export const GOOD: ReadonlySet<GateAnswer['decision']> = new Set(['authenticated', 'allowed']);
