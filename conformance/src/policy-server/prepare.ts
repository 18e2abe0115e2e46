import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { writePolicies } from './policies.ts';

// Writes what another policy server has to serve for this suite to ask it: `node prepare.ts FOLDER`.
const folder = resolve(process.argv[2] ?? 'policies');
mkdirSync(folder, { recursive: true });
process.stdout.write(`${writePolicies(folder)}\n`);
