import { readFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { toolchainContract } from './contract.ts';
import { readGuests } from './guest-places.ts';
import { findGuests } from './guests.ts';
import { tickingControl } from './node-control.ts';

// Everything is read before the first suite is registered: a file whose suites come bit by bit counts as ended, and its
// ticker stops, in between.
const found = findGuests();
const guests = await Promise.all(
  found.flatMap((each) => ('missing' in each ? [] : [readGuests(each, (path) => readFile(path))])),
);
const control = await tickingControl();

for (const each of found) {
  if ('missing' in each) suite(`${each.title}: ${each.missing}`, { skip: each.missing }, () => undefined);
}
toolchainContract({ suite, test }, control, guests);
