export { startFakeApiServer } from './fake-api-server.ts';
export type { FakeApiServer, FakeApiServerOptions } from './fake-api-server.ts';
export type { FakeFault, FakeFaultAction, FakeRequest } from './faults.ts';
export type { FakeObject, FakeStore } from './store.ts';
