#!/usr/bin/env node
// The command under kwctl's name: its exit codes and its words, for scripts that were written for it.
import process from 'node:process';

process.env.OSTIARY_PROGRAM = 'kwctl';
await import('./ostiary.js');
