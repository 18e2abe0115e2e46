import { PatchError } from './error.ts';

/** `path` with one more step; RFC 6901 escapes `~` and `/`. */
export function childPointer(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}/${key}`;
  return /[~/]/.test(key) ? `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}` : `${path}/${key}`;
}

/** The steps of a JSON Pointer. Throws PatchError when it is none: no leading slash, or a `~` that escapes nothing. */
export function pointerSteps(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer))
    throw new PatchError('invalid-pointer', 'is not a JSON Pointer');
  return pointer
    .slice(1)
    .split('/')
    .map((step) => (step.includes('~') ? step.replaceAll('~1', '/').replaceAll('~0', '~') : step));
}
