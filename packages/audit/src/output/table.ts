import {
  describeObject,
  describePlace,
  type DocumentFinding,
  type PolicyTotals,
  type RunDocument,
} from '../document/document.ts';

/** Nobody reads more on a terminal; `json` and `html` have them all. */
const MAX_ROWS = 200;

/** For people: policies with their counts, then what they reject. `width` is the terminal's, or absent to cut nothing. */
export function formatTable(document: RunDocument, width?: number): string {
  const { totals, policies, findings, problems } = document;
  const { pass, fail, error, skip } = totals.summary;
  const parts = [
    columns([['POLICY', 'STATE', 'PASS', 'FAIL', 'ERROR'], ...policies.map(policyRow)], width),
    ...(findings.length === 0 ? [] : [findingTable(findings.slice(0, MAX_ROWS), width)]),
    ...remaining(document),
    ...(problems.length === 0 ? [] : [`Problems:\n${problems.map((text) => `  ${text}\n`).join('')}`]),
    `${totals.objects} objects: ${pass} pass, ${fail} fail, ${error} error, ${skip} skipped\n`,
  ];
  return parts.join('\n');
}

function policyRow({ id, state, pass, fail, error }: PolicyTotals): readonly string[] {
  return [id, state, String(pass), String(fail), String(error)];
}

/** Where objects are is said of manifests alone. */
function findingTable(findings: readonly DocumentFinding[], width: number | undefined): string {
  const hasPlaces = findings.some(({ file }) => file !== undefined);
  const head = ['RESULT', 'OBJECT', ...(hasPlaces ? ['PLACE'] : []), 'POLICY', 'MESSAGE'];
  return columns([head, ...findings.map((finding) => findingRow(finding, hasPlaces))], width);
}

function findingRow(finding: DocumentFinding, hasPlaces: boolean): readonly string[] {
  const { outcome, severity, policy, message } = finding;
  return [
    severity === undefined ? outcome : `${outcome} (${severity})`,
    describeObject(finding),
    ...(hasPlaces ? [describePlace(finding) ?? ''] : []),
    policy,
    oneLine(message),
  ];
}

function remaining({ findings, findingsLeftOut }: RunDocument): readonly string[] {
  const left = Math.max(0, findings.length - MAX_ROWS) + findingsLeftOut;
  return left === 0 ? [] : [`… and ${left} more\n`];
}

/** Messages come from policies: no line breaks, and nothing that steers a terminal. */
function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, ' ').trim();
}

function columns(rows: readonly (readonly string[])[], width = Infinity): string {
  const widths = rows.reduce<readonly number[]>(
    (known, row) => row.map((cell, at) => Math.max(known[at] ?? 0, cell.length)),
    [],
  );
  const line = (row: readonly string[]): string => {
    const text = row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join('  ');
    return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
  };
  return rows.map((row) => `${line(row)}\n`).join('');
}
