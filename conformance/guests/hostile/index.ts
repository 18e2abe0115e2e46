import type { HostileCase } from './case.ts';
import { endCases } from './end.ts';
import { memoryCases } from './memory.ts';
import { heapAttacks, outputCases } from './output.ts';
import { pointerCases } from './pointers.ts';
import { structureCases } from './structure.ts';
import { timeCases } from './time.ts';

export type { Expected, HostileCase } from './case.ts';
export { answerWithCode, CALM_INPUT, CLEAN_ANSWER, hostileGuest } from './frame.ts';
export { wapcCases } from './wapc.ts';
export { growthGuest } from './growth.ts';
export { remnantGuests } from './remnants.ts';
export { heapAttacks };

/** Every hostile guest with a fixed expectation, by theme. */
export const hostileCases: Readonly<Record<string, readonly HostileCase[]>> = {
  output: outputCases,
  end: endCases,
  time: timeCases,
  memory: memoryCases,
  pointers: pointerCases,
  structure: structureCases,
};
