import { stringify } from 'yaml';
import { manifest, type Resource } from './manifest.ts';
import { OPEN_REPORT_RESOURCES, POLICY_REPORTS } from './reports.ts';
import { RESOURCES } from './resources.ts';

const HEADER = '# Written by packages/controller/src/crd/write.ts; change the schema there.\n';

/** The templates of the chart ostiary-crds, by the names of their files. */
export function chartFiles(): ReadonlyMap<string, string> {
  return new Map([
    ...RESOURCES.map((resource) => file(resource, manifestText(resource))),
    ...POLICY_REPORTS.map((resource) => file(resource, onlyIf('installPolicyReportCRDs', manifestText(resource)))),
    ...OPEN_REPORT_RESOURCES.map((resource) =>
      file(resource, onlyIf('installOpenReportsCRDs', manifestText(resource))),
    ),
  ]);
}

/** The CustomResourceDefinition of a resource as YAML, which is a template of Helm's without anything to fill in. */
export function manifestText(resource: Resource): string {
  return HEADER + stringify(manifest(resource), { lineWidth: 0, aliasDuplicateObjects: false });
}

function file({ group, plural }: Resource, text: string): readonly [string, string] {
  return [`${group}_${plural}.yaml`, text];
}

function onlyIf(value: string, text: string): string {
  return `{{- if .Values.${value} }}\n${text}{{- end }}\n`;
}
