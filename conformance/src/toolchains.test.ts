import { readFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { toolchainContract } from './contract.ts';
import { readGuests } from './guest-places.ts';
import { findGuests } from './guests.ts';
import { tickingControl } from './node-control.ts';

const control = await tickingControl();

for (const guests of findGuests()) {
  if ('missing' in guests) suite(`${guests.title}: ${guests.missing}`, { skip: guests.missing }, () => undefined);
  else toolchainContract({ suite, test }, control, [await readGuests(guests, (path) => readFile(path))]);
}
