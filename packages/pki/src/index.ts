export { createAuthority, issueCertificate } from './authority.ts';
export type { Authority, AuthorityOptions, CertificateOptions, KeyedCertificate } from './authority.ts';
export { joinBundles, readBundle } from './bundle.ts';
export { PkiError } from './errors.ts';
export type { PkiErrorCode } from './errors.ts';
