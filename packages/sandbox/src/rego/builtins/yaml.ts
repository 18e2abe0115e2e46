import { toJson } from '../value/json.ts';
import { readYaml } from '../yaml/read.ts';
import { writeYaml } from '../yaml/write.ts';
import { BuiltinError, onString, operands, type Family } from './builtin.ts';

export const yaml: Family = {
  'yaml.is_valid': ([value], { checkTime }) => typeof value === 'string' && readYaml(value, checkTime) !== undefined,
  'yaml.unmarshal': onString((text, { checkTime }) => {
    const value = readYaml(text, checkTime);
    if (value === undefined) throw new BuiltinError('not YAML, or YAML that is no JSON');
    return value;
  }),
  'yaml.marshal': (args) => writeYaml(toJson(operands(args).value(1))),
};
