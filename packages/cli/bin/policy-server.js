#!/usr/bin/env node
// The command under the name that Kubewarden's images and charts start.
import process from 'node:process';

process.argv.splice(2, 0, 'policy-server');
await import('./ostiary.js');
