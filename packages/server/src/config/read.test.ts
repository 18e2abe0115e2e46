import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { ConfigError, formatProblem } from './problem.ts';
import { readGatesConfig } from './read.ts';
import type { GateFiles, GatesConfig } from './types.ts';

type Texts = Readonly<Record<string, string | Uint8Array>>;

function read(files: GateFiles, texts: Texts, lenient = false): Promise<GatesConfig> {
  const readFile = async (path: string): Promise<Uint8Array> => {
    const text = texts[path];
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    return typeof text === 'string' ? Buffer.from(text) : text;
  };
  return readGatesConfig(files, { readFile, lenient });
}

async function problemsOf(files: GateFiles, texts: Texts, lenient = false): Promise<readonly string[]> {
  try {
    await read(files, texts, lenient);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.equal(error.message, error.problems.map(formatProblem).join('\n'));
    return error.problems.map(formatProblem);
  }
}

const admission = (text: string | Uint8Array, others: Texts = {}) =>
  read({ admission: '/etc/a.yaml' }, { '/etc/a.yaml': text, ...others });
const admissionProblems = (text: string, others: Texts = {}) =>
  problemsOf({ admission: '/etc/a.yaml' }, { '/etc/a.yaml': text, ...others });

const RULE = '{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [configmaps]}';
const DEFAULTS = { settings: undefined, debug: false, timeoutMs: undefined, memoryBytes: undefined };

function threeModules(file: string) {
  return [
    { ...DEFAULTS, name: 'oidc.wasm', module: 'a/b/oidc.wasm', position: `${file}:2:3` },
    { ...DEFAULTS, name: 'x', module: '/y.wasm', position: `${file}:3:3` },
    { ...DEFAULTS, name: 'z.wasm', module: 'z.wasm', position: `${file}:4:3` },
  ];
}

suite('the configuration of the gates', () => {
  test('is off where no file is named', async () => {
    const off = {
      authentication: undefined,
      authorization: undefined,
      admission: undefined,
      policies: undefined,
      warnings: [],
    };
    assert.deepEqual(await read({}, {}), off);
  });

  test('gets its defaults', async () => {
    const text = 'modules:\n- module: a/b/oidc.wasm\n- {name: x, module: /y.wasm}\n- {name: "", module: z.wasm}\n';
    const { authentication, authorization } = await read(
      { authentication: 'n', authorization: 'z' },
      { n: text, z: text },
    );
    assert.deepEqual(authentication, threeModules('n'));
    assert.deepEqual(
      authorization,
      threeModules('z').map((module) => ({ ...module, failurePolicy: 'NoOpinion' })),
    );
  });

  test('takes every field', async () => {
    const common = 'name: a, module: m.wasm, settings: {a: [1, yes]}, debug: true, timeout: 1.5s, memory: 64Mi';
    const { authorization, admission: modules } = await read(
      { authorization: 'z', admission: 'a' },
      {
        z: `modules: [{${common}, failurePolicy: Deny}]`,
        a: `{"modules": [{${common}, type: kubewarden, mutating: true, rules: [${RULE}], failurePolicy: Ignore}]}`,
      },
    );
    const expected = {
      name: 'a',
      module: 'm.wasm',
      settings: '{"a":[1,true]}',
      debug: true,
      timeoutMs: 1500,
      memoryBytes: 67_108_864,
    };
    const rules = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }];
    assert.deepEqual(authorization, [{ ...expected, position: 'z:1:11', failurePolicy: 'Deny' }]);
    assert.deepEqual(modules, [
      { ...expected, position: 'a:1:14', type: 'kubewarden', mutating: true, rules, failurePolicy: 'Ignore' },
    ]);
  });

  test('warns of what can hardly be meant', async () => {
    const { warnings } = await read(
      { authentication: 'n', admission: 'a' },
      { n: '{}', a: 'modules:\n- module: m.wasm\n  timeout: 1m\n- module: n.wasm\n  rules: []\n' },
    );
    assert.deepEqual(warnings.map(formatProblem), [
      'n:1:1: modules: the list is empty, so this gate never has an opinion',
      'a:3:12: modules[0].timeout: an API server waits at most 30s for an answer',
      'a:2:3: modules[0]: the module has no rules, so it is never called',
      'a:4:3: modules[1]: the module has no rules, so it is never called',
    ]);
  });

  test('has every problem of every file at once', async () => {
    const problems = await problemsOf(
      { authentication: 'n.yaml', authorization: 'z.yaml', admission: 'missing.yaml' },
      {
        'n.yaml':
          'modules:\n- modul: x.wasm\n- module: ""\n  failurePolicy: Deny\n  rules: []\n  timeout: 5\nkind: X\n',
        'z.yaml': 'modules:\n- module: m\n  failurePolicy: Fail\n  memory: 1Ki\n  settings: {a: .inf}\n- module: 5\n',
      },
    );
    assert.deepEqual(problems, [
      'n.yaml:7:1: kind: unknown field "kind", expected modules',
      'n.yaml:2:3: modules[0].modul: unknown field "modul", did you mean "module"?',
      'n.yaml:2:3: modules[0].module: expected this field, found none',
      'n.yaml:4:3: modules[1].failurePolicy: unknown field "failurePolicy", expected one of name, module, settings, debug, timeout, memory',
      'n.yaml:5:3: modules[1].rules: unknown field "rules", expected one of name, module, settings, debug, timeout, memory',
      'n.yaml:3:11: modules[1].module: expected a non-empty string',
      'n.yaml:6:12: modules[1].timeout: expected a duration such as 500ms or 2s, found the number 5',
      'z.yaml:5:17: modules[0].settings.a: expected a value that JSON can express, found the number Infinity',
      'z.yaml:4:11: modules[0].memory: expected a quantity from 64Ki to 4Gi, such as 64Mi, found the string "1Ki"',
      'z.yaml:3:18: modules[0].failurePolicy: expected NoOpinion or Deny, found the string "Fail"',
      'z.yaml:6:11: modules[1].module: expected a string, found the number 5; quotes would make it one',
      "missing.yaml:1:1: the file can't be read: it does not exist",
    ]);
  });

  test('is read as the original reads it when lenient', async () => {
    const text =
      'Kind: X\nMODULES:\n- Module: a.wasm\n  module: b.wasm\n  debug: true\n  debug: false\n' +
      '  rules: [{operations: [create], resources: []}]\n---\nnot: [read';
    const { admission: modules } = await read({ admission: 'a' }, { a: text }, true);
    assert.equal(modules?.[0]?.module, 'b.wasm');
    assert.equal(modules?.[0]?.debug, false);
    assert.deepEqual(modules?.[0]?.rules, [{ operations: ['create'], apiGroups: [], apiVersions: [], resources: [] }]);
    assert.notDeepEqual(await problemsOf({ admission: 'a' }, { a: text }), []);
  });

  test('never fails with anything but ConfigError', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text)),
      fc
        .array(
          fc.constantFrom(
            'modules:',
            '\n',
            ' ',
            '- ',
            '{',
            '}',
            '[',
            ']',
            ':',
            '&a ',
            '*a',
            '<<: ',
            '"',
            'module: x',
            'plugins',
            '? ',
            '|',
            '!!str ',
            '---',
          ),
          { maxLength: 40 },
        )
        .map((parts) => Buffer.from(parts.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, fc.boolean(), async (file, lenient) => {
        await problemsOf({ authentication: 'f', authorization: 'f', admission: 'f' }, { f: file }, lenient);
      }),
      { numRuns: 500 },
    );
  });
});

suite('an AdmissionConfiguration', () => {
  const head = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n';
  const inline = '- name: WASM\n  configuration:\n    modules:\n    - module: m.wasm\n      rules: [' + RULE + ']\n';

  test('may have its modules inline, beside other plugins', async () => {
    const other = '- name: PodSecurity\n  path: p.yaml\n  configuration: {1: !foo x, a: 1, a: 2}\n'.replace(
      '!foo ',
      '',
    );
    const { admission: modules, warnings } = await admission(head + other + inline);
    assert.deepEqual(
      modules?.map(({ module, position }) => [module, position]),
      [['m.wasm', '/etc/a.yaml:10:7']],
    );
    assert.deepEqual(warnings, []);
  });

  for (const version of ['apiserver.config.k8s.io/v1alpha1', 'apiserver.k8s.io/v1alpha1']) {
    test(`may be of version ${version}`, async () => {
      const text = (head + inline).replace('apiserver.config.k8s.io/v1', version);
      assert.equal((await admission(text)).admission?.length, 1);
    });
  }

  for (const [written, path] of [
    ['wasm/modules.yaml', '/etc/wasm/modules.yaml'],
    ['../m.yaml', '/m.yaml'],
    ['/abs/m.yaml', '/abs/m.yaml'],
  ] as const) {
    test(`may name a file: ${written}`, async () => {
      const text = `modules: [{module: m.wasm, rules: [${RULE}]}]`;
      const { admission: modules } = await admission(`${head}- name: WASM\n  path: ${written}\n`, { [path]: text });
      assert.equal(modules?.[0]?.position, `${path}:1:11`);
    });
  }

  test('prefers what is inline', async () => {
    const { admission: modules, warnings } = await admission(`${head}${inline}  path: nowhere.yaml\n`);
    assert.equal(modules?.length, 1);
    assert.deepEqual(warnings.map(formatProblem), [
      '/etc/a.yaml:9:9: plugins[0].path: the path is ignored beside a configuration',
    ]);
  });

  for (const [what, text, expected] of [
    ['no WASM plugin', `${head}- name: Wasm\n`, ['4:1: plugins: expected a plugin named WASM, found none']],
    ['no plugin at all', head, ['3:9: plugins: expected a plugin named WASM, found none']],
    [
      'two WASM plugins',
      head + inline + inline,
      ['9:3: plugins[1]: expected one plugin named WASM, found another one'],
    ],
    [
      'neither configuration nor path',
      `${head}- name: WASM\n`,
      ['4:3: plugins[0]: expected configuration or path, found neither'],
    ],
    ['a nameless plugin', `${head}- {path: x}\n`, ['4:3: plugins[0].name: expected this field, found none']],
    [
      'an unknown field',
      `${head}- {name: WASM, paht: x}\n`,
      ['4:16: plugins[0].paht: unknown field "paht", did you mean "path"?'],
    ],
    [
      'a missing file',
      `${head}- name: WASM\n  path: x.yaml\n`,
      ["5:9: plugins[0].path: /etc/x.yaml: the file can't be read: it does not exist"],
    ],
    [
      'a problem inline',
      `${head}- name: WASM\n  configuration: {modules: [{}]}\n`,
      ['5:29: plugins[0].configuration.modules[0].module: expected this field, found none'],
    ],
    [
      'another kind',
      'apiVersion: v1\nkind: Pod\n',
      [
        '1:13: apiVersion: expected one of apiserver.config.k8s.io/v1, apiserver.config.k8s.io/v1alpha1, apiserver.k8s.io/v1alpha1, found the string "v1"',
        '2:7: kind: expected AdmissionConfiguration, found the string "Pod"',
        '1:1: plugins: expected this field, found none',
      ],
    ],
  ] as const) {
    test(`is refused with ${what}`, async () => {
      const problems = await admissionProblems(text);
      assert.deepEqual(
        problems,
        expected.map((problem) => `/etc/a.yaml:${problem}`),
      );
    });
  }

  test('names the other file when that has the problem', async () => {
    const problems = await admissionProblems(`${head}- name: WASM\n  path: m.yaml\n`, {
      '/etc/m.yaml': 'modules: x\n',
    });
    assert.deepEqual(problems, ['/etc/m.yaml:1:10: modules: expected a list, found the string "x"']);
  });
});
