import { suite, test } from 'node:test';
import { tickingControl } from './node-control.ts';
import { hostileRegoContract } from './rego-hostile.suite.ts';
import { guestMaker } from './sandbox-host.ts';

// Guests that OPA compiled are among those of `toolchains.test.ts`; these are put together by hand.
const control = await tickingControl();
hostileRegoContract({ suite, test }, guestMaker(control, 'rego'));
