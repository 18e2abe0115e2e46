import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { gateFileSchemas } from './schemas.ts';

/** The names of the fields of each entry of `modules`. */
function moduleFields(schema: unknown): string[] {
  const { properties } = schema as { properties: { modules: { items: { properties: object } } } };
  return Object.keys(properties.modules.items.properties);
}

suite('the schemas of the configuration files', () => {
  const common = ['name', 'module', 'settings', 'debug', 'timeout', 'memory'];

  test('list the fields of each gate', () => {
    assert.deepEqual(moduleFields(gateFileSchemas.authentication), common);
    assert.deepEqual(moduleFields(gateFileSchemas.authorization), [...common, 'failurePolicy']);
    const [bare] = gateFileSchemas.admission.anyOf as unknown[];
    assert.deepEqual(moduleFields(bare), [...common, 'type', 'mutating', 'rules', 'failurePolicy']);
  });

  test('are plain JSON', () => {
    assert.deepEqual(JSON.parse(JSON.stringify(gateFileSchemas)), gateFileSchemas);
  });

  test('describe a module of the authentication gate', () => {
    const { properties } = gateFileSchemas.authentication as { properties: { modules: object } };
    assert.deepEqual(properties.modules, {
      type: 'array',
      default: [],
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['module'],
        properties: {
          name: { type: 'string', description: 'Default: the last path element of `module`.' },
          module: {
            type: 'string',
            minLength: 1,
            description:
              'The path of the WebAssembly module, or where it is: registry://, https://, http:// or file://.',
          },
          settings: { description: 'Any JSON value, handed to the module with every request.' },
          debug: {
            type: 'boolean',
            default: false,
            description: 'Logs what the module was asked and answered, redacted.',
          },
          timeout: {
            type: 'string',
            pattern: '^\\+?(?:0|(?:(\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|[\\u00b5\\u03bc]s|ms|s|m|h))+)$',
            description: 'The deadline of one call, such as 500ms or 2s.',
          },
          memory: {
            type: ['string', 'integer'],
            pattern: '^\\+?(?=\\.?\\d)(\\d*)(?:\\.(\\d*))?(?:[eE]([+-]?\\d{1,2})|([numkMGTPE]|[KMGTPE]i))?$',
            description: 'The most memory a call may use, such as 64Mi.',
          },
        },
      },
    });
  });
});
