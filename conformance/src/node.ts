/** What tests that run in Node use beside the contracts. */
export { findGuests, type MissingGuests } from './guests.ts';
export { tickingControl } from './node-control.ts';
export { ensureOpa } from './rego/opa.ts';
export { findRegoGuests } from './rego/places.ts';
export { findSdkGuests, type SdkGuest } from './sdk-guests.ts';
export {
  asking as askingPolicy,
  constant as constantPolicy,
  endless as endlessPolicy,
  withMetadata,
} from './policy-server/guests.ts';
export { startPolicyRegistry, type PolicyRegistry } from './policy-server/registry.ts';
