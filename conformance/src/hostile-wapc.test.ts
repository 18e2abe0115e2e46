import { suite, test } from 'node:test';
import { hostileWapcContract } from './hostile-wapc.suite.ts';
import { tickingControl } from './node-control.ts';
import { guestMaker } from './sandbox-host.ts';

hostileWapcContract({ suite, test }, guestMaker(await tickingControl(), 'wapc'));
