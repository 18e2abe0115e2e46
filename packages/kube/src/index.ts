export { createKubeClient } from './client/client.ts';
export type { KubeClient, KubeClientOptions, StreamRequest } from './client/client.ts';
export type { KubeMethod, KubeRequest, KubeResponse } from './client/request.ts';
export type { KubeVerb } from './client/verb.ts';
export { systemClock } from './clock.ts';
export type { Clock } from './clock.ts';
export { loadKubeConfig } from './config/load.ts';
export type { LoadKubeConfigOptions } from './config/load.ts';
export type { ClusterConfig, ExecConfig, Impersonation, KubeConfig, PemSource, UserConfig } from './config/types.ts';
export { createDiscovery } from './discovery.ts';
export type { Discovery, ResourceQuery } from './discovery.ts';
export { isKubeError, KubeConfigError, KubeError, SelectorError } from './errors.ts';
export type { KubeConfigErrorCode, KubeErrorCode, StatusCause } from './errors.ts';
export { createEventRecorder } from './event-recorder.ts';
export type { EventNote, EventRecorder, EventRecorderOptions } from './event-recorder.ts';
export { createInformer } from './informer.ts';
export type { Informer, InformerHandler, InformerOptions } from './informer.ts';
export { runLeaderElection } from './leader/election.ts';
export type { LeaderElectionOptions, LeaderElectionOutcome } from './leader/election.ts';
export { LEASES } from './leader/lease.ts';
export type { Lease, LeaseSpec } from './leader/lease.ts';
export { keyOf, objectKey, ownerReference, refOf } from './object.ts';
export type { Condition, KubeObject, ObjectMeta, ObjectRef, OwnerReference } from './object.ts';
export type { Item } from './json/items.ts';
export { listPages } from './pages.ts';
export type { Page, PageOptions, Selection } from './pages.ts';
export { apiVersionOf, parseApiVersion, resource, resourcePath } from './paths.ts';
export type { ApiResource, PathOptions, ResourceAddress } from './paths.ts';
export { createReflector } from './reflector/reflector.ts';
export type { Reflector, ReflectorOptions, ReflectorState } from './reflector/reflector.ts';
export type { Change } from './reflector/store.ts';
export { formatLabelSelector, matchesLabelSelector, matchesRequirements, parseLabelSelector } from './selector.ts';
export type { Labels, LabelSelector, LabelSelectorRequirement, Requirement } from './selector.ts';
export { apply, create, deleteCollection, get, list, patch, remove, update } from './verbs.ts';
export type { ApplyOptions, PatchType, RemoveOptions, WriteOptions } from './verbs.ts';
export { createWorkQueue } from './work-queue.ts';
export type {
  WorkHandler,
  WorkQueue,
  WorkQueueMetrics,
  WorkQueueOptions,
  WorkQueueRate,
  WorkResult,
} from './work-queue.ts';
