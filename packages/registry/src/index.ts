export { RegistryError, ReferenceError_, isRegistryError } from './errors.ts';
export type { RegistryErrorCode, ReferenceErrorCode } from './errors.ts';
export type { Reference, RegistryReference, HttpReference, FileReference } from './reference/reference.ts';
export type {
  BlobBytesOptions,
  BlobOptions,
  BlobSource,
  CallOptions,
  CopyOptions,
  Descriptor,
  Downloader,
  ImageManifest,
  IndexManifest,
  Manifest,
  ManifestDocument,
  ManifestPush,
  ModuleClient,
  OciClient,
  Platform,
  ReferrersOptions,
  Resolved,
} from './oci/client.ts';
export {
  CAPABILITIES,
  parseCapabilityPatterns,
  type Capability,
  type CapabilityPatterns,
  type CapabilityProblem,
} from './metadata/capabilities.ts';
export {
  fileReference,
  formatReference,
  imageName,
  parseReference,
  parseRegistryReference,
} from './reference/parse.ts';
export { isDigest } from './reference/grammar.ts';
export type { ParseOptions } from './reference/parse.ts';
export { createOciClient } from './oci/create.ts';
export type { ClientOptions } from './oci/create.ts';
export { digestOf } from './oci/digest.ts';
export { referrersTag } from './oci/referrers.ts';
export type { RetryPolicy, Timeouts } from './http/limits.ts';
export { loadSources, parseSources } from './sources/load.ts';
export { proxiesFromEnvironment } from './sources/proxies.ts';
export type { ProxySettings } from './sources/proxies.ts';
export { NO_SOURCES } from './sources/sources.ts';
export type { Sources } from './sources/sources.ts';
export { ANONYMOUS } from './credentials/credential.ts';
export type { Credential, Credentials } from './credentials/credential.ts';
export { loadCredentials } from './credentials/load.ts';
export type { CredentialOptions } from './credentials/load.ts';
export { MetadataError, type MetadataErrorCode } from './metadata/errors.ts';
export { formatProblem, type Problem } from './metadata/problem.ts';
export {
  ANNOTATION,
  EXECUTION_MODES,
  OPERATIONS,
  POLICY_TYPES,
  SEVERITIES,
  type ContextAwareResource,
  type ExecutionMode,
  type Operation,
  type PolicyMetadata,
  type PolicyRule,
  type PolicyType,
  type ProtocolVersion,
  type Severity,
} from './metadata/policy-metadata.ts';
export { parseMetadataYaml } from './metadata/parse-file.ts';
export { METADATA_SECTION, readMetadata, writeMetadata } from './metadata/section.ts';
export { rewriteJavyImport } from './metadata/javy-import.ts';
export { detectCapabilities, isRego } from './metadata/inspect-module.ts';
export { ociAnnotations, type OciAnnotations } from './metadata/oci-annotations.ts';
export { artifactHubPackage, type ArtifactHubInput } from './metadata/artifact-hub.ts';
export type {
  Annotations,
  CertificateConstraint,
  GenericIssuerConstraint,
  GithubActionConstraint,
  PubKeyConstraint,
  SignatureConstraint,
  Subject,
  VerificationConfig,
} from './trust/constraint.ts';
export {
  TrustError,
  VerificationConfigError,
  type TrustErrorCode,
  type VerificationConfigErrorCode,
} from './trust/errors.ts';
export { parseVerificationConfig } from './trust/parse-config.ts';
export { verificationConfigFromFlags, type VerificationFlags } from './trust/flags.ts';
export {
  lazyTrustRoot,
  loadTrustRoot,
  type TrustRoot,
  type TrustRootSource,
  type TrustRootSpec,
} from './trust/trust-root.ts';
export { verifyImage, type Satisfied, type Verified, type VerifyOptions } from './trust/verify-image.ts';
export {
  verifyCertificate,
  verifyGithubActions,
  verifyKeyless,
  verifyKeylessPrefix,
  verifyPubKeys,
  type GuestCertificate,
  type GuestOptions,
  type Trusted,
} from './trust/verify-for-guest.ts';
export { findModuleLayer, moduleLayer } from './oci/select.ts';
export type { ModuleLayer } from './oci/select.ts';
export { openReach, type Reach, type ReachFiles, type ReachOptions } from './reach/open.ts';
export { openStore } from './store/store.ts';
export type { HashedModule, Store, StoredModule } from './store/store.ts';
export { isMutable } from './store/path.ts';
export type { RemoteReference } from './store/path.ts';
export { findPolicy } from './store/argument.ts';
export { fetchModule, MAX_MODULE } from './fetch/fetch.ts';
export type { FetchedModule, FetchOptions } from './fetch/fetch.ts';
export { pushModule } from './push/push.ts';
export type { PushedModule, PushOptions } from './push/push.ts';
export { artifactAnnotations, artifactManifest } from './push/artifact.ts';
