/** What tests that run in Node use beside the contracts. */
export { findGuests, type MissingGuests } from './guests.ts';
export { tickingControl } from './node-control.ts';
