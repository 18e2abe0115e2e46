import type { Style } from '../output/style.ts';
import { formatMicros, indent, printable } from '../output/text.ts';
import { tallyOf, type CaseResult } from './result.ts';

const WORDS: Readonly<Record<CaseResult['outcome'], readonly [word: string, meaning: Parameters<Style>[0]]>> = {
  pass: ['pass', 'good'],
  updated: ['updated', 'warning'],
  fail: ['FAIL', 'bad'],
  error: ['ERROR', 'bad'],
  skip: ['skip', 'faint'],
};
const WIDEST = 'updated'.length;

/** Results as a person reads them, by suite; ends with a newline. */
export function resultsText(results: readonly CaseResult[], style: Style): string {
  const lines: string[] = [];
  for (const [suite, own = []] of Object.entries(Object.groupBy(results, ({ suite }) => suite))) {
    lines.push(style('heading', printable(suite)));
    for (const { outcome, name, ms, problems } of own) {
      const [word, meaning] = WORDS[outcome];
      const time = outcome === 'skip' ? '' : style('faint', `  ${formatMicros(ms * 1000)}`);
      lines.push(`  ${style(meaning, word)}${' '.repeat(WIDEST - word.length)}  ${printable(name)}${time}`);
      for (const problem of problems) lines.push(indent(printable(problem), ' '.repeat(WIDEST + 4)));
    }
    lines.push('');
  }
  const { passed, failed, skipped } = tallyOf(results);
  lines.push(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return `${lines.join('\n')}\n`;
}

/** Results as TAP 14. */
export function tapText(results: readonly CaseResult[]): string {
  const lines = ['TAP version 14', `1..${results.length}`];
  for (const [index, { outcome, suite, name, problems }] of results.entries()) {
    const ok = outcome === 'fail' || outcome === 'error' ? 'not ok' : 'ok';
    const title = `${suite}: ${name}`.replaceAll(/[\\#]/g, String.raw`\$&`).replaceAll('\n', ' ');
    lines.push(`${ok} ${index + 1} - ${printable(title)}${outcome === 'skip' ? ' # SKIP' : ''}`);
    if (problems.length === 0) continue;
    lines.push('  ---', '  message: |-', indent(printable(problems.join('\n')), '    '), '  ...');
  }
  return `${lines.join('\n')}\n`;
}

/** Results as JUnit's XML. */
export function junitText(results: readonly CaseResult[]): string {
  const suites = Object.entries(Object.groupBy(results, ({ suite }) => suite)).map(([name, own = []]) => {
    const { failed, skipped } = tallyOf(own);
    const errors = own.filter(({ outcome }) => outcome === 'error').length;
    const seconds = own.reduce((sum, { ms }) => sum + ms, 0) / 1000;
    const head = `<testsuite name="${xml(name)}" tests="${own.length}" failures="${failed - errors}" errors="${errors}" skipped="${skipped}" time="${seconds.toFixed(6)}">`;
    return [head, ...own.map(testCase), '</testsuite>'].join('\n');
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('\n')}\n</testsuites>\n`;
}

function testCase({ suite, name, outcome, problems, ms }: CaseResult): string {
  const head = `<testcase classname="${xml(suite)}" name="${xml(name)}" time="${(ms / 1000).toFixed(6)}"`;
  if (outcome === 'skip') return `${head}><skipped/></testcase>`;
  if (outcome === 'pass' || outcome === 'updated') return `${head}/>`;
  const element = outcome === 'fail' ? 'failure' : 'error';
  return `${head}><${element} message="${xml(problems[0] ?? '')}">${xml(problems.join('\n'))}</${element}></testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

/** Text for an attribute or an element; what XML has no word for is replaced. */
function xml(text: string): string {
  return printable(text)
    .replaceAll(/[\uFFFE\uFFFF]/g, '\ufffd')
    .toWellFormed()
    .replaceAll(/[&<>"\n]/g, (found) => ENTITIES[found] ?? found);
}
