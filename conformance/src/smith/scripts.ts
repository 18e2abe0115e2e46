import { readFileSync } from 'node:fs';
import { functionType, readModule } from '@ostiary/wasm';
import { corpusPath } from '../build/smith.ts';
import type { Command, Scalar, Script, Value } from '../spec/script.ts';

/** How often each function is called: the second call finds what the first has left behind. */
const ROUNDS = 2;
const LENGTH_BYTES = 4;

/** A script for each generated module, which calls every function of it. */
export function smithScripts(): readonly Script[] {
  return readCorpus(readFileSync(corpusPath())).map((bytes, place) => ({
    title: `module ${place}`,
    commands: commandsFor(bytes, place),
    readModule: () => bytes,
  }));
}

/** The modules of a corpus, each with its length in front. */
function readCorpus(corpus: Buffer): readonly Uint8Array<ArrayBuffer>[] {
  const modules = [];
  for (let at = 0; at < corpus.length;) {
    const start = at + LENGTH_BYTES;
    at = start + corpus.readUInt32LE(at);
    modules.push(new Uint8Array(corpus.subarray(start, at)));
  }
  return modules;
}

function commandsFor(bytes: Uint8Array, seed: number): readonly Command[] {
  const module = readModule(bytes);
  const functions = module.exports.filter(({ kind }) => kind === 'function');
  const next = random(seed);
  const instantiate: Command = { line: 0, kind: 'module', id: null, module: 'module' };
  // An instance of its own for each function: what another one has used up, or run into, is no limit to it.
  return functions.flatMap(({ name, index }, place): Command[] => [
    instantiate,
    ...Array.from({ length: ROUNDS }, (): Command => {
      const given = functionType(module, index).params.map((type) => valueOf(type, next));
      const action = { kind: 'invoke', id: null, name, arguments: given } as const;
      // Nothing is expected but what the original does.
      return { line: place, kind: 'assert_return', action, expected: [] };
    }),
  ]);
}

/** A small number as often as any bits: addresses and lengths are small. */
function valueOf(type: string, next: () => number): Value {
  const digits = (bytes: number): string => {
    const small = next() % 2 === 0;
    const words = Array.from({ length: bytes / 4 }, () => next().toString(16).padStart(8, '0'));
    return small ? (next() % 1000).toString(16).padStart(bytes * 2, '0') : words.join('');
  };
  const scalar = (of: Scalar['type'], bytes: number): Scalar => ({ type: of, bits: digits(bytes) });
  switch (type) {
    case 'i32':
    case 'f32':
      return scalar(type, 4);
    case 'i64':
    case 'f64':
      return scalar(type, 8);
    case 'v128':
      return { type, lanes: [scalar('i64', 8), scalar('i64', 8)] };
    default:
      return { type: 'ref', kind: 'null' };
  }
}

/** A small generator with a fixed start, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e37_79b9);
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
