import { OPERATIONS } from '../request/build.ts';
import { VERDICTS } from './file.ts';

const text = { type: 'string' } as const;
const texts = { type: 'array', items: text } as const;
const anyObject = { type: 'object' } as const;

function closed(properties: object, required: readonly string[] = []): object {
  return { type: 'object', properties, required, additionalProperties: false };
}

function described(schema: object, description: string): object {
  return { ...schema, description };
}

const verdict = { enum: VERDICTS };

const expectation = {
  anyOf: [
    verdict,
    closed(
      {
        verdict,
        message: described(text, 'A part of the message, or /a regular expression/.'),
        code: { type: 'integer' },
        mutation: described(
          { anyOf: [anyObject, text, { const: false }] },
          'A part of the mutated object, the path of a file with all of it, or false for none.',
        ),
        warnings: described(texts, 'Parts of warnings, or /regular expressions/; [] for none.'),
      },
      ['verdict'],
    ),
  ],
};

const testCase = closed(
  {
    name: text,
    file: described(text, 'A review, a request, an object, or a folder of them.'),
    object: described({ anyOf: [anyObject, text] }, 'An object, or the path of one; a request is built around it.'),
    objects: { type: 'array', items: anyObject },
    request: described(
      { anyOf: [anyObject, text] },
      'An AdmissionRequest or an AdmissionReview; of raw policies anything.',
    ),
    operation: { enum: OPERATIONS },
    oldObject: described({ anyOf: [anyObject, text] }, 'What an UPDATE starts from.'),
    namespace: text,
    user: { anyOf: [text, closed({ username: text, groups: texts, uid: text }, ['username'])] },
    settings: described(anyObject, "In place of the file's settings."),
    context: {
      anyOf: [closed({ manifests: { anyOf: [text, texts] } }, ['manifests']), closed({ session: text }, ['session'])],
      description: 'The cluster that the policy sees: manifests, or a recorded session.',
    },
    expect: expectation,
  },
  ['expect'],
);

/** The JSON Schema of files of cases, for editors. */
export const TEST_FILE_SCHEMA: object = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Cases of a policy, as `ostiary test` reads them',
  ...closed(
    {
      $schema: text,
      policy: described(text, 'The module; default: the one .wasm file beside this one.'),
      metadata: described(text, 'A metadata.yml, for a module that is not annotated yet.'),
      settings: anyObject,
      cases: { type: 'array', items: testCase },
    },
    ['cases'],
  ),
};
