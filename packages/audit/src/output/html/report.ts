import { createHash } from 'node:crypto';
import {
  describeObject,
  describePlace,
  type DocumentFinding,
  type NamespaceTotals,
  type PolicyTotals,
  type RunDocument,
} from '../../document/document.ts';
import { SEVERITIES } from '../../policies/policy.ts';
import type { Comparison } from '../compare.ts';
import { html, type Markup } from './markup.ts';
import { SCRIPT, STYLE } from './style.ts';
import { table, type Column } from './table.ts';

/** Put together here and not in the template: the page's policy has the hash of what stands between the tags. */
const STYLE_ELEMENT: Markup = { markup: `<style>${STYLE}</style>` };
const SCRIPT_ELEMENT: Markup = { markup: `<script>${SCRIPT}</script>` };

/** One file that needs nothing else: no server, no network, and no scripts to be read. */
export function htmlReport(document: RunDocument, comparison?: Comparison): string {
  const { run, totals, problems, policies, namespaces } = document;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src '${hashOf(STYLE)}'; script-src '${hashOf(SCRIPT)}'"
        />
        <title>Audit of ${run.source}, ${day(run.finishedAt)}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header>
          <h1>Audit report</h1>
          <p class="quiet">
            ${sourceText(document)}, finished <time datetime="${run.finishedAt}">${moment(run.finishedAt)}</time>
          </p>
        </header>
        <main>
          ${tiles(document)} ${comparison === undefined ? undefined : trends(comparison)}
          ${problems.length === 0 ? undefined : problemList(problems)}
          <h2>Policies</h2>
          ${table({ id: 'policies', caption: `Policies: ${policies.length}`, columns: policyColumns(comparison), rows: policies.toSorted(byFailures) })}
          <h2>Namespaces</h2>
          ${table({ id: 'namespaces', caption: `Namespaces with audited objects: ${namespaces.length}`, columns: NAMESPACE_COLUMNS, rows: namespaces })}
          <h2>Failing objects</h2>
          ${findingsSection(document, comparison)}
        </main>
        <footer><p class="quiet">Run ${run.uid} · ${totals.objects} objects · written by ostiary audit</p></footer>
        ${SCRIPT_ELEMENT}
      </body>
    </html> `;
  return page.markup;
}

function sourceText({ run }: RunDocument): string {
  return run.source === 'cluster' ? 'Objects of the cluster' : 'Manifests';
}

function tiles({ totals, policies }: RunDocument): Markup {
  const { pass, fail, error, skip } = totals.summary;
  const tile = (count: number, word: string, tone = ''): Markup =>
    html`<li><strong class="${count > 0 ? tone : ''}">${count}</strong> ${word}</li>`;
  return html`<ul class="tiles">
    ${[
      tile(totals.objects, 'objects'),
      tile(policies.length, 'policies'),
      tile(pass, 'passed', 'pass'),
      tile(fail, 'failed', 'fail'),
      tile(error, 'errors', 'error'),
      tile(skip, 'skipped'),
    ]}
  </ul>`;
}

function trends({ since, appeared, gone }: Comparison): Markup {
  const list = gone.slice(0, 100).map((one) => html`<li>${describeObject(one)}: ${one.policy}</li>`);
  return html`<h2>Since ${moment(since)}</h2>
    <ul class="tiles">
      <li><strong class="${appeared.size > 0 ? 'fail' : ''}">${appeared.size}</strong> new</li>
      <li><strong class="${gone.length > 0 ? 'pass' : ''}">${gone.length}</strong> resolved</li>
    </ul>
    ${
      gone.length === 0
        ? undefined
        : html`<details>
            <summary>Resolved</summary>
            <ul>
              ${list}
            </ul>
          </details>`
    }`;
}

function problemList(problems: readonly string[]): Markup {
  return html`<h2>What could not be audited</h2>
    <ul>
      ${problems.map((text) => html`<li>${text}</li>`)}
    </ul>`;
}

function policyColumns(comparison: Comparison | undefined): [Column<PolicyTotals>, ...Column<PolicyTotals>[]] {
  const trend: Column<PolicyTotals> = {
    title: 'Trend',
    isNumber: true,
    cell: ({ id }) => signed(comparison?.byPolicy.get(id) ?? 0),
    tone: ({ id }) => toneOf(comparison?.byPolicy.get(id) ?? 0),
  };
  return [
    {
      title: 'Policy',
      cell: ({ id, title }) => (title === undefined ? id : html`${title}<br /><span class="quiet">${id}</span>`),
    },
    { title: 'Severity', cell: ({ severity }) => severity ?? 'not set' },
    {
      title: 'State',
      cell: ({ state, mode, reason }) => `${mode}, ${state}${reason === undefined ? '' : `: ${reason}`}`,
    },
    { title: 'Pass', isNumber: true, cell: ({ pass }) => pass },
    { title: 'Fail', isNumber: true, cell: ({ fail }) => fail, tone: ({ fail }) => (fail > 0 ? 'fail' : undefined) },
    {
      title: 'Error',
      isNumber: true,
      cell: ({ error }) => error,
      tone: ({ error }) => (error > 0 ? 'error' : undefined),
    },
    ...(comparison === undefined ? [] : [trend]),
  ];
}

const NAMESPACE_COLUMNS: [Column<NamespaceTotals>, ...Column<NamespaceTotals>[]] = [
  { title: 'Namespace', cell: ({ namespace }) => namespace || '(objects of the cluster)' },
  { title: 'Objects', isNumber: true, cell: ({ objects }) => objects },
  { title: 'Pass', isNumber: true, cell: ({ summary }) => summary.pass },
  {
    title: 'Fail',
    isNumber: true,
    cell: ({ summary }) => summary.fail,
    tone: ({ summary }) => (summary.fail > 0 ? 'fail' : undefined),
  },
  {
    title: 'Error',
    isNumber: true,
    cell: ({ summary }) => summary.error,
    tone: ({ summary }) => (summary.error > 0 ? 'error' : undefined),
  },
  { title: 'Skip', isNumber: true, cell: ({ summary }) => summary.skip },
];

function findingsSection(document: RunDocument, comparison: Comparison | undefined): Markup {
  const { findings, findingsLeftOut } = document;
  if (findings.length === 0) return html`<p>No object fails.</p>`;
  const caption =
    findingsLeftOut === 0
      ? `Findings: ${findings.length}`
      : `Findings: ${findings.length}; ${findingsLeftOut} more are not shown`;
  const rows = findings.toSorted((a, b) => rank(a) - rank(b));
  return html`<div class="filter" hidden>
      <label for="filter">Filter by words<input id="filter" type="search" autocomplete="off" /></label>
      <p class="quiet" id="shown" role="status"></p>
    </div>
    ${table({ id: 'findings', caption, columns: findingColumns(comparison), rows })}`;
}

function findingColumns(comparison: Comparison | undefined): [Column<DocumentFinding>, ...Column<DocumentFinding>[]] {
  return [
    {
      title: 'Object',
      cell: (one) =>
        html`${describeObject(one)}${one.file === undefined ? undefined : html`<br /><span class="quiet">${describePlace(one)}</span>`}`,
    },
    { title: 'Result', cell: ({ outcome }) => outcome, tone: ({ outcome }) => `word ${outcome}` },
    { title: 'Severity', cell: ({ severity }) => severity ?? 'not set' },
    { title: 'Policy', cell: ({ policy }) => policy },
    { title: 'Message', cell: ({ message }) => message, tone: () => 'wide' },
    ...(comparison === undefined
      ? []
      : [{ title: 'Since', cell: (one: DocumentFinding) => (comparison.appeared.has(one) ? 'new' : 'before') }]),
  ];
}

/** The most severe first; without a severity in the middle. */
function rank({ severity, outcome }: DocumentFinding): number {
  return (outcome === 'error' ? 0 : 1) - 2 * SEVERITIES.indexOf(severity ?? 'medium');
}

function byFailures(a: PolicyTotals, b: PolicyTotals): number {
  return b.fail + b.error - a.fail - a.error || (a.id < b.id ? -1 : 1);
}

function signed(change: number): string {
  return change > 0 ? `+${change}` : String(change);
}

function toneOf(change: number): string | undefined {
  return change === 0 ? undefined : change > 0 ? 'fail' : 'pass';
}

function day(time: string): string {
  return time.slice(0, 10);
}

function moment(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}

/** The page may run this style and this script and nothing else, whatever a message has slipped in. */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
