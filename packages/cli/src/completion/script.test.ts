import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createContext } from '../context.ts';
import { allCommands, describeProgram, type CommandModel } from '../reference/model.ts';
import { completionScript } from './script.ts';

const model: CommandModel = await describeProgram(createContext([], {}));
const kwctl: CommandModel = await describeProgram(createContext([], { program: 'kwctl' }));

const HAS_BASH = spawnSync('bash', ['--version']).status === 0;

describe('bash', { skip: !HAS_BASH && 'there is no bash' }, () => {
  const script = completionScript(model, 'bash');
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ostiary-completion-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** What bash would offer where the line ends. */
  function complete(line: string): readonly string[] {
    const program = [
      'ostiary() { printf "%s\\n" registry://ghcr.io/org/a:v1 registry://ghcr.io/org/b:v1; }',
      script,
      `COMP_LINE=${JSON.stringify(line)}; COMP_POINT=\${#COMP_LINE}`,
      '_ostiary',
      'printf "%s\\n" "${COMPREPLY[@]}"',
    ].join('\n');
    const { stdout, stderr, status } = spawnSync('bash', ['-c', program], { cwd: folder, encoding: 'utf8' });
    assert.equal(stderr, '');
    assert.equal(status, 0);
    return stdout.split('\n').filter((word) => word !== '');
  }

  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['ostiary pu', ['pull', 'push']],
    ['ostiary scaffold ver', ['verification-config']],
    ['ostiary scaffold manifest --type ', ['ClusterAdmissionPolicy', 'AdmissionPolicy']],
    ['ostiary scaffold manifest -t A', ['AdmissionPolicy']],
    ['ostiary push --outp', ['--output']],
    ['ostiary push -o ', ['text', 'json']],
    ['ostiary rm ', ['registry://ghcr.io/org/a:v1', 'registry://ghcr.io/org/b:v1']],
    // Bash replaces only what stands behind the last colon.
    ['ostiary rm registry://ghcr.io/org/a', ['//ghcr.io/org/a:v1']],
    ['ostiary --verbose pull --cert-e', ['--cert-email']],
    ['ostiary policies ', ['--quiet', '--help']],
  ];
  for (const [line, expected] of cases) {
    test(JSON.stringify(line), () => {
      const found = complete(line);
      assert.deepEqual(line.endsWith('rm ') ? found.filter((word) => !word.startsWith('-')) : found, expected);
    });
  }
});

describe('every shell', () => {
  for (const shell of ['bash', 'elvish', 'fish', 'powershell', 'zsh'] as const) {
    test(`${shell} knows every command and long option, under both names`, () => {
      for (const program of [model, kwctl]) {
        const script = completionScript(program, shell);
        for (const { path, options } of allCommands(program)) {
          assert.ok(script.includes(path), path);
          for (const { names } of options) {
            const long = names.at(-1) ?? '';
            const spelt = shell === 'fish' ? long.replace(/^--/, '-l ').replace(/^-(.)$/, '-s $1') : long;
            assert.ok(script.includes(spelt), `${path} ${long}`);
          }
        }
      }
    });
  }

  test("kwctl's has none of the commands that only we have", () => {
    const names = new Set(kwctl.commands.map(({ path }) => path));
    for (const name of ['kwctl serve', 'kwctl new', 'kwctl man', 'kwctl scaffold policy']) assert.ok(!names.has(name));
  });
});
