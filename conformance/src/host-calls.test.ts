import { suite, test } from 'node:test';
import { hostCallsContract } from './host-calls.suite.ts';
import { hostileHostCallsContract } from './host-calls-hostile.suite.ts';
import { tickingControl } from './node-control.ts';

const control = await tickingControl();
hostCallsContract({ suite, test }, control);
hostileHostCallsContract({ suite, test }, control);
