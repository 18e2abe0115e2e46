export { AdmissionReview, answerAdmissionReview } from './admission-review';
export { Kind } from './json/kind';
export { Json, Parsed } from './json/value';
export { servePolicy, ValidationRequest } from './kubewarden';
export { answerSubjectAccessReview, SubjectAccessReview } from './subject-access-review';
export { answerTokenReview, TokenReview } from './token-review';
export { User } from './user';

// The compile option `--use abort=~lib/@ostiary/sdk/assembly/abort/abort` needs this to be part of every guest.
export { abort } from './abort';
