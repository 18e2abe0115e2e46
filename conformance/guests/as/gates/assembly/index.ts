// The three deciding test modules of contract fork §9 in one: test-authn, test-authz and test-admission.
import {
  AdmissionReview,
  answerAdmissionReview,
  answerSubjectAccessReview,
  answerTokenReview,
  SubjectAccessReview,
  TokenReview,
  User,
} from '@ostiary/sdk/assembly';

export function authn(): void {
  answerTokenReview(authenticate);
}

function authenticate(review: TokenReview): void {
  const token = review.settings.get('token');
  const groups = review.settings.get('groups');
  if (!token.isMissing && !token.isString) {
    review.fail('the token is not a string');
    return;
  }
  if (review.token != token.string('my-test-token')) {
    review.error('invalid token');
    return;
  }
  const name = review.settings.get('user').string('my-user');
  const uid = review.settings.get('uid').string('1337');
  const user = new User(name, uid, groups.isArray ? groups.strings() : ['system:masters']);
  review.authenticate(user, review.audiences);
}

export function authz(): void {
  answerSubjectAccessReview(authorize);
}

/** Beside allow_all, a member of magic_group may touch what is called magic_name; everything else is left to others. */
function authorize(review: SubjectAccessReview): void {
  const settings = review.settings;
  const group = settings.get('magic_group');
  const name = settings.get('magic_name');
  const isMember = group.isString && review.inGroup(group.string());
  const isNamed = name.isString && review.resourceAttributes.get('name').string() == name.string();
  const allowsAll = !settings.isObject || settings.get('allow_all').boolean();
  if (allowsAll || (isMember && isNamed)) review.allow();
  else review.noOpinion();
}

export function validate(): void {
  answerAdmissionReview(admit);
}

/** In the namespace "default" only pods named "foo" may be. */
function admit(review: AdmissionReview): void {
  const isPod = review.kind == 'Pod' && review.object.isObject;
  const name = review.object.find('/metadata/name').string();
  if (isPod && review.namespace == 'default' && name != 'foo') review.reject('');
  else review.accept();
}
