import { ANNOTATION, type PolicyMetadata } from '@ostiary/registry';
import type { Anatomy } from '../evaluate/anatomy.ts';
import type { Style } from './style.ts';
import { formatBytes, indent, printable, table } from './text.ts';
import { toYaml } from './yaml.ts';

/** Annotations that have a line of their own among the details, in order. */
const DETAILS = ['title', 'description', 'author', 'url', 'source', 'license'] as const;

/** A policy's metadata as sections of text, in kwctl's order (contract: authoring §1.3). */
export async function metadataText(metadata: PolicyMetadata, style: Style): Promise<string> {
  const { annotations = {}, rules, contextAwareResources } = metadata;
  const shown: ReadonlySet<string> = new Set([...DETAILS.map((name) => ANNOTATION[name]), ANNOTATION.usage]);
  const rest = Object.entries(annotations).filter(([name]) => !shown.has(name));
  const usage = annotations[ANNOTATION.usage];
  const sections: string[] = [section('Details', pairs(detailsOf(metadata)), style)];
  if (rest.length > 0) sections.push(section('Annotations', pairs(rest.toSorted(byName)), style));
  sections.push(section('Rules', await toYaml(JSON.parse(JSON.stringify(rules))), style));
  if (contextAwareResources.length > 0) {
    const wanted = await toYaml(JSON.parse(JSON.stringify(contextAwareResources)));
    const about = 'The policy wants to see these objects of the cluster; it must be granted them.';
    sections.push(section('Context Aware', `${wanted}${style('warning', about)}`, style));
  }
  if (usage !== undefined) sections.push(section('Usage', printable(usage), style));
  return sections.join('\n');
}

function detailsOf(metadata: PolicyMetadata): readonly (readonly [string, string])[] {
  const { annotations = {}, mutating, backgroundAudit, contextAwareResources, policyType, executionMode } = metadata;
  const named = DETAILS.flatMap((name): [string, string][] => {
    const value = annotations[ANNOTATION[name]];
    return value === undefined ? [] : [[name, value]];
  });
  const { protocolVersion, minimumKubewardenVersion } = metadata;
  return [
    ...named,
    ['mutating', String(mutating)],
    ['background audit support', String(backgroundAudit)],
    ['context aware', String(contextAwareResources.length > 0)],
    ['policy type', policyType],
    ['execution mode', executionMode],
    ...(executionMode === 'kubewarden-wapc'
      ? [['protocol version', protocolVersion === 'v1' ? '1' : 'unknown'] as const]
      : []),
    ...(minimumKubewardenVersion === undefined
      ? []
      : [['minimum kubewarden version', minimumKubewardenVersion] as const]),
  ];
}

/** Sections that are listed by name; the rest is summed up. */
const SHOWN_SECTIONS = 6;
/** Names that a line has room for. */
const SHOWN_NAMES = 8;

/** A module's make-up as a section of text. */
export function anatomyText(anatomy: Anatomy, style: Style): string {
  const { memory, isolation, sections, imports, exports, capabilities } = anatomy;
  const limit = memory?.maximum === undefined ? 'no limit of its own' : `at most ${formatBytes(memory.maximum)}`;
  const rest = sections.slice(SHOWN_SECTIONS);
  const restSize = rest.reduce((sum, { size }) => sum + size, 0);
  const rows = [
    ...sections.slice(0, SHOWN_SECTIONS).map(({ name, size }) => [printable(name), formatBytes(size)]),
    ...(rest.length === 0 ? [] : [[`${rest.length} more`, formatBytes(restSize)]]),
  ];
  const lines = pairs([
    ['digest', anatomy.digest],
    ['size', formatBytes(anatomy.size)],
    ['interface', anatomy.abi],
    ['memory', memory ? `${formatBytes(memory.initial)} at the start, ${limit}` : 'brings none'],
    ['isolation', isolation.usable ? isolation.way : style('bad', 'can not be run')],
    ['', isolation.why],
    ['imports', names(imports)],
    ['exports', names(exports)],
    ['capabilities', capabilities.length === 0 ? 'none detected' : names(capabilities)],
  ]);
  const sizes = indent(table([{ title: 'section' }, { title: 'size', align: 'right' }], rows), '  ');
  return section('Module', `${lines}\n${sizes}`, style);
}

function names(all: readonly string[]): string {
  if (all.length === 0) return 'none';
  const shown = all.slice(0, SHOWN_NAMES).map(printable).join(', ');
  return all.length <= SHOWN_NAMES ? shown : `${shown} and ${all.length - SHOWN_NAMES} more`;
}

export function section(title: string, body: string, style: Style): string {
  return `${style('heading', title)}\n${indent(body.trimEnd(), '  ')}\n`;
}

/** Names and values; long values go on below their beginning. */
function pairs(entries: readonly (readonly [string, string])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length)) + 2;
  return entries
    .map(([name, value]) => (name === '' ? '' : `${name}:`).padEnd(width) + wrapped(printableValue(value), width))
    .join('\n');
}

/** Styled values carry escapes of ours. */
function printableValue(value: string): string {
  return value.startsWith('\u001b[') ? value : printable(value);
}

const COLUMNS = 78;

function wrapped(text: string, hang: number): string {
  const room = Math.max(30, COLUMNS - 2 - hang);
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > room) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines.join(`\n${' '.repeat(hang)}`);
}

function byName([left]: readonly [string, string], [right]: readonly [string, string]): number {
  return left < right ? -1 : 1;
}
