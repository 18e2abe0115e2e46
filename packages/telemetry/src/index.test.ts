import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { test } from 'node:test';

test('nothing of OpenTelemetry is loaded until something is pushed', async (t) => {
  const asked: string[] = [];
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      asked.push(specifier);
      return next(specifier, context);
    },
  });
  t.after(() => hooks.deregister());
  await import('./index.ts');
  assert.ok(asked.includes('./evaluations/link.ts'));
  assert.deepEqual(
    asked.filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:')),
    [],
  );
});
