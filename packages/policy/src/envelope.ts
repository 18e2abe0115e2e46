import type { GateModule } from './module.ts';
import { hasField, kindOf, objectField, type Shape, ShapeError, shapeOf, stringField } from './shape.ts';

const encoder = new TextEncoder();
const HEAD = encoder.encode('{"request":');
const TAIL = encoder.encode('}');

/** `{"request":…,"settings":…}` around a request, as segments. What a module without settings reads is the ABI's choice. */
export function enclose(module: GateModule, request: readonly Uint8Array[], unset: 'omitted' | 'null'): Uint8Array[] {
  const settings = module.settings ?? (unset === 'null' ? 'null' : undefined);
  return [HEAD, ...request, settings === undefined ? TAIL : encodedSettings(module, settings)];
}

/** Settings never change while a module is loaded, so they are encoded once. */
const settingsTails = new WeakMap<GateModule, Uint8Array>();

function encodedSettings(module: GateModule, settings: string): Uint8Array {
  const known = settingsTails.get(module);
  if (known !== undefined) return known;
  const tail = encoder.encode(`,"settings":${settings}}`);
  settingsTails.set(module, tail);
  return tail;
}

/** A module that reports an error in its envelope. The text is the module's own. */
export class EnvelopeError extends Error {
  readonly code = 'envelope-error';

  constructor(text: string) {
    super(`envelope error: '${text}'`);
    this.name = 'EnvelopeError';
  }
}

/**
 * The `response` of a k8s-wasm envelope (contract: fork §4): null when the module answers null, which each gate reads
 * its own way. A non-empty `error` wins over any response. Throws EnvelopeError, ShapeError or JsonError.
 */
export function openEnvelope(output: Uint8Array): Shape | null {
  const envelope = shapeOf(output);
  const error = stringField(envelope, 'error') ?? '';
  if (error !== '') throw new EnvelopeError(error);
  const response = objectField(envelope, 'response');
  if (response !== undefined) return response;
  if (!hasField(envelope, 'response')) throw new ShapeError('response', 'an object', kindOf(undefined));
  return null;
}
