import { parseUri } from '../go/uri.ts';
import { within } from '../limits.ts';
import { objectOf } from '../value/collections.ts';
import { BuiltinError, onString, type Family } from './builtin.ts';

export const uri: Family = {
  'uri.parse': onString((text) => {
    within(text.length, 'uriCharacters');
    const parsed = parseUri(text);
    if (!parsed) throw new BuiltinError('not a URI');
    return objectOf(Object.entries(parsed).filter(([, value]) => value !== ''));
  }),
  'uri.is_valid': ([value]) => {
    if (typeof value !== 'string' || value === '') return false;
    within(value.length, 'uriCharacters');
    return parseUri(value) !== undefined;
  },
};
