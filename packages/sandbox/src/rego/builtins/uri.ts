import { parseUri } from '../go/uri.ts';
import { objectOf } from '../value/collections.ts';
import { BuiltinError, onString, type Family } from './builtin.ts';

export const uri: Family = {
  'uri.parse': onString((text) => {
    const parsed = parseUri(text);
    if (!parsed) throw new BuiltinError('not a URI');
    return objectOf(Object.entries(parsed).filter(([, value]) => value !== ''));
  }),
  'uri.is_valid': ([value]) => typeof value === 'string' && value !== '' && parseUri(value) !== undefined,
};
