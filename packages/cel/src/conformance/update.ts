import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runConformance } from './harness.ts';

/** Writes the list of known failures anew, to be read as a diff: `node packages/cel/src/conformance/update.ts`. */
function reasonFor(name: string, failure: string): string {
  if (name.startsWith('math_ext/')) return 'Kubernetes does not have the library math';
  if (name.startsWith('block_ext/')) return 'cel.block is what an optimiser writes, not an author';
  if (name.startsWith('proto2_ext/')) return 'There are no extensions of messages';
  if (/^(?:proto|enums|dynamic|wrappers)/.test(name))
    return 'There are no messages, wrappers and enums of protocol buffers';
  if (/undeclared type|messages|the message|undeclared reference to '.*proto/.test(failure)) {
    return 'There are no messages, wrappers and enums of protocol buffers';
  }
  if (name.startsWith('namespace/')) return 'Names are not looked up in containers';
  if (failure.includes('function of the test')) return 'The harness declares no functions of its own';
  if (name.endsWith('/optional_dyn_promotion')) return 'The checker keeps the narrower type of a list of optionals';
  if (name.includes('/null_assignable_to_abstract')) return 'null is no optional to the checker';
  return `To be done: ${failure}`;
}

const byReason = Map.groupBy(
  runConformance().filter(({ failure }) => failure !== undefined),
  ({ name, failure = '' }) => reasonFor(name, failure),
);
const text = [...byReason]
  .map(([reason, tests]) => `# ${reason}\n${tests.map(({ name }) => name).join('\n')}\n`)
  .join('\n');
writeFileSync(join(import.meta.dirname, 'known-failures.txt'), text);
