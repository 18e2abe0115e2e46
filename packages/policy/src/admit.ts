import { denial, failure, type PhaseResult, reviewAnswer } from './admission/answer.ts';
import { readKubewardenVerdict } from './admission/kubewarden.ts';
import { mutate, patchBetween } from './admission/mutation.ts';
import { collect, type Notes, noNotes } from './admission/notes.ts';
import {
  ADMISSION_REVIEW,
  type AdmissionReview,
  readAdmissionReview,
  requestSegments,
  reviewSegments,
} from './admission/request.ts';
import type { Verdict } from './admission/verdict.ts';
import { readWasiVerdict } from './admission/wasi.ts';
import { type Asked, ask } from './ask.ts';
import { enclose } from './envelope.ts';
import type { AdmissionModule, GateAnswer, ModuleFailure } from './module.ts';
import { invalidAnswer } from './review.ts';
import { matchesAny } from './rules.ts';

/** The two phases of admission: first objects are changed, then the final ones are judged. */
export type AdmissionPhase = 'mutating' | 'validating';

interface Phase {
  readonly review: AdmissionReview;
  readonly notes: Notes;
  readonly failures: ModuleFailure[];
  /** The object as the module before left it; undefined when the request has none. */
  object: Uint8Array | undefined;
}

/**
 * Answers an AdmissionReview (v1 or v1beta1) for one phase (contract: fork §8): the modules of that phase whose rules
 * match are asked in order, mutating ones each with its predecessor's object. The first denial decides. A module that
 * fails denies with code 500, or with failurePolicy Ignore is skipped: the client learns nothing of it, the caller does
 * by `failures`. The changes of all modules become one JSONPatch. Status 400 when the body is no AdmissionReview.
 */
export async function admit(
  modules: readonly AdmissionModule[],
  body: Uint8Array,
  phase: AdmissionPhase,
): Promise<GateAnswer> {
  let review: AdmissionReview;
  try {
    review = readAdmissionReview(body);
  } catch (error) {
    return invalidAnswer(error, ADMISSION_REVIEW);
  }
  const mutating = phase === 'mutating';
  const matching = modules.filter((m) => m.mutating === mutating && matchesAny(m.rules, review.attributes));
  const original = review.object && body.subarray(review.object.start, review.object.end);
  const state: Phase = { review, notes: noNotes(), failures: [], object: original };
  const stopped = await runModules(state, matching);
  return reviewAnswer(review, stopped ?? allowed(original, state.object), state.notes, state.failures);
}

/** Asks each module; the result when one of them ends the phase. */
async function runModules(phase: Phase, modules: readonly AdmissionModule[]): Promise<PhaseResult | undefined> {
  for (const module of modules) {
    const asked = await askModule(phase, module);
    if (!asked.ok) {
      phase.failures.push(asked.failure);
      if (module.failurePolicy === 'Ignore') continue;
      return { decision: 'error', status: failure(asked.failure), patch: undefined };
    }
    const { verdict, object } = asked.answer;
    collect(phase.notes, module, verdict);
    if (!verdict.allowed) {
      return { decision: 'denied', status: denial(module, verdict.explanation), patch: undefined };
    }
    phase.object = object;
  }
  return undefined;
}

interface Reply {
  readonly verdict: Verdict;
  /** The object after the module's patch. */
  readonly object: Uint8Array | undefined;
}

/** Asks one module in its own language. A patch that cannot be applied is the module's failure like any other. */
function askModule({ review, object }: Phase, module: AdmissionModule): Promise<Asked<Reply>> {
  const input =
    module.type === 'kubewarden'
      ? enclose(module, requestSegments(review, object), 'null')
      : enclose(module, reviewSegments(review, object), 'omitted');
  return ask(module, 'validate', input, (output) => {
    const verdict =
      module.type === 'kubewarden'
        ? readKubewardenVerdict(output, module.mutating)
        : readWasiVerdict(output, review.uid, module.mutating);
    return { verdict, object: verdict.patch === undefined ? object : mutate(object, verdict.patch) };
  });
}

function allowed(before: Uint8Array | undefined, after: Uint8Array | undefined): PhaseResult {
  const patch = before === undefined || after === undefined ? undefined : patchBetween(before, after);
  return { decision: 'allowed', status: undefined, patch };
}
