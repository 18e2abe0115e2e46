import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { tickingControl } from './node-control.ts';
import { findRegoGuests } from './rego/guests.ts';
import { hostileRegoContract } from './rego-hostile.suite.ts';
import { regoContract } from './rego.suite.ts';
import { guestMaker } from './sandbox-host.ts';

const control = await tickingControl();
hostileRegoContract({ suite, test }, guestMaker(control, 'rego'));

const guests = findRegoGuests();
if ('missing' in guests) suite(`Rego: ${guests.missing}`, { skip: guests.missing }, () => undefined);
else {
  regoContract({ suite, test }, control, {
    opa: readFileSync(guests.opa),
    gatekeeper: readFileSync(guests.gatekeeper),
    builtins: readFileSync(guests.builtins),
    hostile: readFileSync(guests.hostile),
  });
}
