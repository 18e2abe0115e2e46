/** `npm run bench`: what a call and a request cost, beside the peers and the floor of the same run (README.md). */
import { describeMachine } from './src/machine.ts';
import { parseOptions } from './src/options.ts';
import { formatReport, type Row } from './src/report.ts';
import { runEngine, runFairness, runHttp, runNeighbours, runPolicies } from './src/suites.ts';

const options = parseOptions(process.argv.slice(2));
const machine = describeMachine(new Date());
const progress = (text: string): void => void process.stderr.write(`${text} …\n`);
const rows: Row[] = [];
const leftOut: string[] = [];
const failures: string[] = [];
const suites = {
  engine: runEngine,
  http: runHttp,
  policies: runPolicies,
  neighbours: runNeighbours,
  fairness: runFairness,
};
for (const suite of options.suites) {
  const result = await suites[suite]({ ...options, progress });
  rows.push(...result.rows);
  leftOut.push(...result.leftOut);
  failures.push(...result.failures);
}
const report = { machine, rows, leftOut, failures };
if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
(options.json ? process.stderr : process.stdout).write(`\n${formatReport(report)}`);
// Slowness is never a failure; a wrong answer is.
if (failures.length > 0) process.exitCode = 1;
