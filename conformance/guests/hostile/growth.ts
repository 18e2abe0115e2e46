import { hostileGuest } from './frame.ts';

/** Where the input lies in memory; its first byte chooses what {@link growthGuest} does. */
const FIRST_BYTE = 64;
/** The first address after the guest's one page, and the second page's last word. */
const PAST_THE_END = 65_536;
const LAST_OF_SECOND = 2 * 65_536 - 4;

const when = (letter: string, body: string): string => `
  i32.const ${FIRST_BYTE} i32.load8_u i32.const ${letter.charCodeAt(0)} i32.eq if ${body} return end`;

/**
 * A guest of one page that does as the first letter of its input says; its answer's code is what it saw, at most 99.
 * `g` grows by a page, writes into it and tells the size; `l`, `e` and `s` look at, far behind and across the end
 * without growing; `w` and `f` write and fill across it; `z` grows and looks; any other letter tells the size.
 */
export const growthGuest: Uint8Array<ArrayBuffer> = hostileGuest({
  attack: `
    ${when(
      'g',
      `i32.const 1 memory.grow drop
       i32.const ${PAST_THE_END - 2} i32.const 0x07070707 i32.store
       i32.const ${PAST_THE_END + 2} i32.const 7 i32.store8
       i32.const ${PAST_THE_END + 4094} i32.const 0x07070707 i32.store
       i32.const ${LAST_OF_SECOND} i32.const 7 i32.store
       memory.size`,
    )}
    ${when('l', `i32.const ${PAST_THE_END} i32.load8_u`)}
    ${when('e', `i32.const ${LAST_OF_SECOND} i32.load8_u`)}
    ${when('s', `i32.const ${PAST_THE_END - 1} i32.load`)}
    ${when('w', `i32.const ${PAST_THE_END - 3} i32.const 0x07070707 i32.store i32.const 0`)}
    ${when('f', `i32.const ${PAST_THE_END - 8} i32.const 7 i32.const 9 memory.fill i32.const 0`)}
    ${when(
      'z',
      `i32.const 1 memory.grow drop
       i32.const ${PAST_THE_END - 2} i32.load
       i32.const ${PAST_THE_END + 2} i32.load i32.add
       i32.const ${PAST_THE_END + 4094} i32.load i32.add
       i32.const ${LAST_OF_SECOND} i32.load i32.add`,
    )}
    memory.size`,
});
