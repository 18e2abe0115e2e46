import { styleText } from 'node:util';
import type { CommandContext } from '../context.ts';

/** What a piece of text means; what it looks like is decided here alone. */
export type Meaning = 'good' | 'bad' | 'warning' | 'faint' | 'heading' | 'added' | 'removed';

export type Style = (meaning: Meaning, text: string) => string;

const FORMATS: Readonly<Record<Meaning, Parameters<typeof styleText>[0]>> = {
  good: 'green',
  bad: 'red',
  warning: 'yellow',
  faint: 'gray',
  heading: 'bold',
  added: 'green',
  removed: 'red',
};

/** Leaves text as it is. */
export const PLAIN: Style = (_meaning, text) => text;

/** Colours for a terminal that wants them (`NO_COLOR`, `TERM=dumb`); `FORCE_COLOR` also colours pipes. */
export function styleOf({ stdout, env }: Pick<CommandContext, 'stdout' | 'env'>): Style {
  const forced = (env['FORCE_COLOR'] ?? '0') !== '0';
  const wanted = forced || (stdout.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb');
  return wanted ? (meaning, text) => styleText(FORMATS[meaning], text, { validateStream: false }) : PLAIN;
}
