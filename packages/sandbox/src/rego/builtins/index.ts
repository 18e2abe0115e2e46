import type { Builtin, Family } from './builtin.ts';
import { casts } from './casts.ts';
import { crypto } from './crypto.ts';
import { encoding } from './encoding.ts';
import { graph } from './graph.ts';
import { jsonPatch } from './json-patch.ts';
import { jwt } from './jwt.ts';
import { net } from './net.ts';
import { numbers } from './numbers.ts';
import { objects } from './objects.ts';
import { regex } from './regex.ts';
import { semver } from './semver.ts';
import { strings } from './strings.ts';
import { time } from './time.ts';
import { units } from './units.ts';
import { uri } from './uri.ts';
import { uuid } from './uuid.ts';
import { yaml } from './yaml.ts';

const FAMILIES: readonly Family[] = [
  casts,
  crypto,
  encoding,
  graph,
  jsonPatch,
  jwt,
  net,
  numbers,
  objects,
  regex,
  semver,
  strings,
  time,
  units,
  uri,
  uuid,
  yaml,
];

/** Every builtin that the host offers, by its name in Rego. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(FAMILIES.flatMap((family) => Object.entries(family)));
