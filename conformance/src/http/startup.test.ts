import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { hostileCases } from '../../guests/hostile/index.ts';
import { HONEST_GATES, ruleFor } from './reviews.ts';
import { NO_SERVER, startServer } from './server.ts';

const refused = hostileCases['structure']!.flatMap(({ name, module, expected }) =>
  'refused' in expected ? [{ name, module, says: expected.says }] : [],
);

suite('modules that can’t be loaded', { skip: NO_SERVER ?? false }, () => {
  test('end the start of a server that is told to refuse them, and every one is named with its place and cause', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ostiary-refused-'));
    try {
      const modules = refused.map(({ module }, index) => {
        writeFileSync(join(folder, `${index}.wasm`), module);
        return { name: `refused-${index}`, module: join(folder, `${index}.wasm`), rules: [ruleFor('refused')] };
      });
      const error = await startServer({ ...HONEST_GATES, admission: modules }, ['--on-bad-policy=refuse']).then(
        async (server) => {
          await server.stop();
          assert.fail('the server started');
        },
        (error: unknown) => String(error),
      );
      for (const [index, { name, says }] of refused.entries()) {
        const line = error.split('\n').find((each) => each.includes(`'refused-${index}'`)) ?? '';
        assert.match(line, /admission\.json:\d+:\d+: module /, `the module that ${name} is named with its place`);
        assert.match(line, says, `the module that ${name} is named with its cause`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
