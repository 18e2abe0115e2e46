import { test } from 'node:test';
import type { AnswerHostCall as Theirs, Capabilities } from '@ostiary/capabilities';
import type { AnswerHostCall as Ours } from './contract.ts';
import type { InventoryKind } from './inventory.ts';

/** True for types that can stand for each other. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

test('the two packages mean the same by a host call', () => {
  const answer: Same<Ours, Theirs> = true;
  const kind: Same<InventoryKind, Parameters<Capabilities['inventory']>[0]> = true;
  void [answer, kind];
});
