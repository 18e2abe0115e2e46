import { describeObject, type DocumentFinding, type PolicyTotals, type RunDocument } from '../document/document.ts';
import { defined } from '../json.ts';
import type { Severity } from '../policies/policy.ts';

/** SARIF's three levels, and the number by which code scanning sorts (0 to 10). */
const LEVELS: Readonly<Record<Severity, readonly [level: 'error' | 'warning' | 'note', score: string]>> = {
  critical: ['error', '9.5'],
  high: ['error', '8.0'],
  medium: ['warning', '5.5'],
  low: ['note', '3.0'],
  info: ['note', '1.0'],
};

/** A log of SARIF 2.1.0: rejections are results, evaluations without a verdict are notifications of the tool. */
export function sarifLog(document: RunDocument, version: string): object {
  const { findings, policies, run } = document;
  const index = new Map(policies.map(({ id }, at) => [id, at]));
  const failures = findings.filter(({ outcome }) => outcome === 'fail');
  const errors = findings.filter(({ outcome }) => outcome === 'error');
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'ostiary audit', version, rules: policies.map(ruleOf) } },
        automationDetails: { id: `ostiary-audit/${run.source}/`, guid: run.uid },
        invocations: [
          {
            executionSuccessful: document.problems.length === 0 && errors.length === 0,
            startTimeUtc: run.startedAt,
            endTimeUtc: run.finishedAt,
            toolExecutionNotifications: [
              ...errors.map((finding) => ({
                level: 'error',
                message: { text: `${describeObject(finding)}: ${finding.policy}: ${finding.message}` },
              })),
              ...document.problems.map((text) => ({ level: 'error', message: { text } })),
            ],
          },
        ],
        results: failures.map((finding) => resultOf(finding, index.get(finding.policy) ?? -1)),
      },
    ],
  };
}

function ruleOf({ id, title, severity, category }: PolicyTotals): object {
  const [level, score] = LEVELS[severity ?? 'medium'];
  return {
    id,
    name: title ?? id,
    shortDescription: { text: title ?? id },
    defaultConfiguration: { level },
    properties: defined({ 'security-severity': score, tags: category === undefined ? undefined : [category] }),
  };
}

function resultOf(finding: DocumentFinding, ruleIndex: number): object {
  const { policy, severity, message, apiVersion, kind, namespace, name } = finding;
  const fullyQualifiedName = [apiVersion, kind, namespace, name].filter((part) => part !== '').join('/');
  const { place, from } = placesOf(finding);
  return {
    ruleId: policy,
    ...(ruleIndex < 0 ? {} : { ruleIndex }),
    level: LEVELS[severity ?? 'medium'][0],
    message: { text: `${describeObject(finding)}: ${message === '' ? 'rejected' : message}` },
    locations: [
      defined({ physicalLocation: place, logicalLocations: [{ name, fullyQualifiedName, kind: 'resource' }] }),
    ],
    ...(from === undefined ? {} : { relatedLocations: [{ physicalLocation: from, message: { text: 'as rendered' } }] }),
    partialFingerprints: { 'ostiaryObject/v1': `${policy}/${fullyQualifiedName}` },
  };
}

/**
 * People mend a template, not what it has become: that is the place then, at its first line, since Helm doesn't say
 * which of its lines made the object.
 */
function placesOf({ file, line, template }: DocumentFinding): { readonly place?: object; readonly from?: object } {
  if (file === undefined) return {};
  const rendered = locationOf(file, line);
  return template === undefined ? { place: rendered } : { place: locationOf(template, 1), from: rendered };
}

function locationOf(file: string, line: number | undefined): object {
  return defined({
    artifactLocation: { uri: uriOf(file) },
    region: line === undefined ? undefined : { startLine: line },
  });
}

function uriOf(file: string): string {
  return file.split(/[\\/]/).map(encodeURIComponent).join('/');
}
