import { collect, noNotes } from '../admission/notes.ts';
import { judge, type Judge, type Judgement } from './evaluate.ts';
import type { Expression } from './expression.ts';
import type { PolicyRequest } from './request.ts';
import type { PolicyResponse, StatusCause } from './response.ts';

/** Policies that decide together. */
export interface Group {
  readonly expression: Expression;
  readonly message: string;
  /** By name, in the order of the configuration. */
  readonly members: ReadonlyMap<string, Judge>;
}

/**
 * What a member or a part of the expression comes to. A member that failed, or that wants to mutate, is `unknown`: it
 * counts as false, but its negation does not count as true, so that no failure ever allows.
 */
type Truth = boolean | 'unknown';

const MUTATES = 'mutation is not allowed inside of policy group';

interface Asking {
  readonly group: Group;
  readonly request: PolicyRequest;
  /** A member is asked once, however often it is named. */
  readonly asked: Map<string, Judgement>;
}

/** The verdict of a group, and which of its members failed. */
export interface GroupJudgement {
  readonly response: PolicyResponse;
  readonly failures: readonly { readonly member: string; readonly cause: string }[];
}

/** The verdict of a group (contract: policy-server §10). Members are asked one after another, and only those that matter. */
export async function judgeGroup(group: Group, request: PolicyRequest): Promise<GroupJudgement> {
  const asking: Asking = { group, request, asked: new Map() };
  const allowed = (await truthOf(group.expression, asking)) === true;
  const verdict: PolicyResponse = { uid: request.uid, allowed, ...notesOf(asking) };
  const status = { message: group.message, details: { causes: causesOf(asking) } };
  return { response: allowed ? verdict : { ...verdict, status }, failures: failuresOf(asking) };
}

async function truthOf(expression: Expression, asking: Asking): Promise<Truth> {
  switch (expression.type) {
    case 'literal':
      return expression.value;
    case 'call':
      return truthOfJudgement(await memberJudgement(expression.member, asking));
    case 'not':
      return not(await truthOf(expression.operand, asking));
    case '&&': {
      const left = await truthOf(expression.left, asking);
      return left === true ? truthOf(expression.right, asking) : left;
    }
    case '||': {
      const left = await truthOf(expression.left, asking);
      if (left === true) return true;
      const right = await truthOf(expression.right, asking);
      return left === 'unknown' && right === false ? 'unknown' : right;
    }
    case '==':
    case '!=': {
      const left = await truthOf(expression.left, asking);
      const right = await truthOf(expression.right, asking);
      if (left === 'unknown' || right === 'unknown') return 'unknown';
      return (left === right) === (expression.type === '==');
    }
  }
}

function not(truth: Truth): Truth {
  return truth === 'unknown' ? truth : !truth;
}

async function memberJudgement(name: string, { group, request, asked }: Asking): Promise<Judgement> {
  const known = asked.get(name);
  if (known !== undefined) return known;
  const member = group.members.get(name);
  // The expression was checked against the members when the group was loaded.
  if (member === undefined) throw new Error('a group without the member that its expression names');
  const judgement = await judge(member, request);
  asked.set(name, judgement);
  return judgement;
}

function failuresOf({ asked }: Asking): GroupJudgement['failures'] {
  return [...asked].flatMap(([member, { failure }]) => (failure === undefined ? [] : [{ member, cause: failure }]));
}

function truthOfJudgement({ response, failure }: Judgement): Truth {
  return failure !== undefined || response.patch !== undefined ? 'unknown' : response.allowed;
}

function causesOf({ group, asked }: Asking): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const name of group.members.keys()) {
    const judgement = asked.get(name);
    if (judgement === undefined || truthOfJudgement(judgement) === true) continue;
    const { patch, status } = judgement.response;
    const message = patch === undefined ? (status?.message ?? null) : MUTATES;
    causes.push({ reason: null, message, field: `spec.policies.${name}` });
  }
  return causes;
}

/** Warnings and audit annotations of the members that were asked; the original threw them away. */
function notesOf({ group, asked }: Asking): Pick<PolicyResponse, 'warnings' | 'auditAnnotations'> {
  const notes = noNotes();
  for (const name of group.members.keys()) {
    const { warnings = [], auditAnnotations = [] } = asked.get(name)?.response ?? {};
    collect(notes, { name }, { warnings, auditAnnotations });
  }
  return {
    warnings: notes.warnings.length === 0 ? undefined : notes.warnings,
    auditAnnotations: notes.auditAnnotations.size === 0 ? undefined : [...notes.auditAnnotations],
  };
}
