export { startTestRegistry } from './registry.ts';
export type { Repository, SeenRequest, TestRegistry, TestRegistryOptions } from './registry.ts';
export type { Access } from './access.ts';
export { answer, fail } from './answer.ts';
