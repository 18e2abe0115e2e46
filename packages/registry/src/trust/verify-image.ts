import type { RegistryReference } from '../reference/reference.ts';
import { createChecker, type Checker, type Constraint } from './check.ts';
import { collectReferrers, collectTagged, type Collected, type Place, type SignatureStore } from './collect.ts';
import type { VerificationConfig } from './constraint.ts';
import { describeUnmet, type Miss, type Unmet } from './describe.ts';
import { TrustError } from './errors.ts';
import { oneLine } from './failure.ts';
import type { TrustRootSource } from './trust-root.ts';

/** What a verification needs. */
export interface VerifyOptions {
  readonly client: SignatureStore;
  /** Asked only when a constraint can't be decided without it; keys never need it. */
  readonly trustRoot?: TrustRootSource | undefined;
  /** The present by default. Only the certificates that a guest pins are compared with it. */
  readonly now?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A constraint that is satisfied, and a signature that does. */
export interface Satisfied {
  readonly constraint: Constraint;
  readonly signature: string;
}

/** An image that may be used, by this digest and no other. */
export interface Verified {
  /** Of the manifest that was signed. */
  readonly digest: string;
  readonly satisfied: readonly Satisfied[];
}

/** What has to be satisfied: all of the first list, and so many of the second. */
export interface Requirements {
  readonly allOf: readonly Constraint[];
  readonly anyOf: readonly Constraint[];
  readonly minimumMatches: number;
}

/**
 * Verifies that an image is signed as a configuration asks (authoring contract §5). Signatures are looked for in the tag
 * `sha256-<hex>.sig`, then among the referrers; one constraint is satisfied by any signature of either.
 *
 * @throws {TrustError} When it is not, or can't be known to be.
 * @throws {RegistryError} When the image itself can't be resolved.
 */
export async function verifyImage(
  ref: RegistryReference,
  { allOf = [], anyOf }: VerificationConfig,
  options: VerifyOptions,
): Promise<Verified> {
  const { signatures = [], minimumMatches = 0 } = anyOf ?? {};
  // Keys first: when they are enough, the trust root is never asked for.
  const keysFirst = signatures.toSorted(
    (left, right) => Number(left.kind !== 'pubKey') - Number(right.kind !== 'pubKey'),
  );
  return verifyRequirements(ref, { allOf, anyOf: keysFirst, minimumMatches }, options);
}

/** The same for requirements that no file can express. */
export async function verifyRequirements(
  ref: RegistryReference,
  requirements: Requirements,
  { client, trustRoot, now = new Date(), signal }: VerifyOptions,
): Promise<Verified> {
  if (requirements.allOf.length === 0 && requirements.minimumMatches < 1) {
    throw new TrustError('nothing-to-verify', 'Image verification failed: no constraint to verify was given');
  }
  const digest = ref.digest ?? (await client.resolve(ref, { signal })).digest;
  const place: Place = { store: client, repository: ref, digest, signal };
  const checker = createChecker(trustRoot, now);
  // Most images have signatures of one kind only, and finding out costs a request or more each.
  let collected = await collectTagged(place);
  let judged = await judge(requirements, collected, checker);
  if (judged.failure !== undefined) {
    collected = merge(collected, await collectReferrers(place));
    judged = await judge(requirements, collected, checker);
  }
  if (judged.failure === undefined) return { digest, satisfied: judged.satisfied };
  throw refusal(ref, digest, judged, collected, checker);
}

function merge(left: Collected, right: Collected): Collected {
  return {
    usable: [...left.usable, ...right.usable],
    unusable: [...left.unusable, ...right.unusable],
    failures: [...left.failures, ...right.failures],
  };
}

interface Judged {
  readonly satisfied: readonly Satisfied[];
  readonly unmet: readonly Unmet[];
  /** The beginning of the message; undefined when the requirements are met. */
  readonly failure: string | undefined;
}

async function judge(requirements: Requirements, collected: Collected, checker: Checker): Promise<Judged> {
  const all = await matchEach(requirements.allOf, collected, checker);
  const any = await matchEach(requirements.anyOf, collected, checker, requirements.minimumMatches);
  const satisfied = [...all.satisfied, ...any.satisfied];
  if (all.unmet.length > 0) return { satisfied, unmet: all.unmet, failure: 'missing signatures' };
  const [needed, got] = [requirements.minimumMatches, any.satisfied.length];
  if (got >= needed) return { satisfied, unmet: [], failure: undefined };
  const failure = `minimum number of signatures not reached: needed ${needed}, got ${got}`;
  return { satisfied, unmet: any.unmet, failure };
}

/** Finds a signature for each constraint; stops when there are enough. */
async function matchEach(
  constraints: readonly Constraint[],
  { usable, unusable }: Collected,
  checker: Checker,
  enough = Infinity,
): Promise<{ readonly satisfied: readonly Satisfied[]; readonly unmet: readonly Unmet[] }> {
  const satisfied: Satisfied[] = [];
  const unmet: Unmet[] = [];
  for (const constraint of constraints) {
    if (satisfied.length >= enough) break;
    const misses: Miss[] = [...unusable];
    let found: string | undefined;
    for (const signature of usable) {
      const reason = await checker.check(constraint, signature);
      if (reason === undefined) {
        found = signature.label;
        break;
      }
      misses.push({ label: signature.label, reason });
    }
    if (found === undefined) unmet.push({ constraint, misses });
    else satisfied.push({ constraint, signature: found });
  }
  return { satisfied, unmet };
}

function refusal(
  ref: RegistryReference,
  digest: string,
  judged: Judged,
  collected: Collected,
  checker: Checker,
): TrustError {
  const none = collected.usable.length + collected.unusable.length === 0;
  const image = `${ref.registry}/${ref.repository}@${digest}`;
  const lines = [
    `Image verification failed: ${judged.failure ?? ''}`,
    ...(none ? [`no signatures found for image: ${image}`] : []),
    ...collected.failures.map(oneLine),
    describeUnmet(judged.unmet),
  ];
  return new TrustError(codeOf(judged, none, collected, checker), lines.join('\n'));
}

function codeOf(judged: Judged, none: boolean, { failures }: Collected, checker: Checker): TrustError['code'] {
  if (checker.rootFailure() !== undefined) return 'no-trust-root';
  if (none && failures.length > 0) return 'signatures-unavailable';
  return judged.failure === 'missing signatures' ? 'missing-signatures' : 'constraints-unmet';
}
