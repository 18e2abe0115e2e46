/**
 * Writes `known.json` anew after a change of the suite, of the engine or of the rewriter:
 * `node conformance/src/spec/update.ts`. What has no reason yet is for whoever runs this to explain.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { compareScript, type Comparison } from './compare.ts';
import { KNOWN_FILE, readKnown, summarize } from './known.ts';
import { listScripts, type UnreadableScript } from './script.ts';
import { REWRITTEN } from './variants.ts';

const comparisons = new Map<string, Comparison>();
const unreadable: UnreadableScript[] = [];
for (const script of listScripts()) {
  if ('unreadable' in script) unreadable.push(script);
  else comparisons.set(script.title, compareScript(script.load(), REWRITTEN));
}
const known = existsSync(KNOWN_FILE) ? readKnown() : { engine: [], differences: [] };
writeFileSync(KNOWN_FILE, `${JSON.stringify(summarize(comparisons, unreadable, known), undefined, 2)}\n`);
