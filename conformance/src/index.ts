/** What any host of the sandbox can import. Nothing here, nor what it imports, needs Node. */
export { sandboxContract, toolchainContract, type Guests, type ToolchainGuests } from './contract.ts';
export { mapPlaces, readGuests, type GuestPlaces } from './guest-places.ts';
export { reactorContract, type ReactorModules } from './reactor.suite.ts';
export type { Runner } from './runner.ts';
export { callText, guestMaker, HONEST_TIMEOUT_MS, outputText, type MakeGuest } from './sandbox-host.ts';
export { wapcContract } from './wapc.suite.ts';
