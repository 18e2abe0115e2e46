import type { JsonSchema } from './decode/decoder.ts';
import { admissionConfiguration } from './admission.ts';
import { admissionFile, authenticationFile, authorizationFile } from './modules.ts';
import { policiesFile } from './policies.ts';
import type { GateFiles } from './types.ts';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** JSON Schemas of the configuration files, for editors. They describe what is accepted without `--lenient`. */
export const gateFileSchemas: Readonly<Record<keyof GateFiles, JsonSchema>> = {
  authentication: { $schema: DIALECT, ...authenticationFile.schema },
  authorization: { $schema: DIALECT, ...authorizationFile.schema },
  admission: { $schema: DIALECT, anyOf: [admissionFile.schema, admissionConfiguration.schema] },
  policies: { $schema: DIALECT, ...policiesFile.schema },
};
