export { constrain, type Constraints } from './constrain.ts';
export { gatekeeperData, opaData, type ResourceItem, type ResourceList } from './context.ts';
export { BodyError, PolicyError, type PolicyErrorCode } from './errors.ts';
export { type CallPolicy, judge, type Judge, type Judgement } from './evaluate.ts';
export { type Expression, parseExpression } from './expression.ts';
export { type Group, type GroupJudgement, judgeGroup } from './group.ts';
export { JUDGE_OPERATIONS, kindOfMode, type PolicyKind } from './kind.ts';
export { checkPolicyMetadata, type ExecutionMode, type PolicyMetadata, readPolicyMetadata } from './metadata.ts';
export { inputOf, type Payload, payloadOf } from './payload.ts';
export { type PolicyRequest, readPolicyRequest, readRawRequest } from './request.ts';
export { requestedKind, type RequestFacts, requestFacts } from './request-facts.ts';
export {
  type PolicyResponse,
  type PolicyStatus,
  rejection,
  renderResponse,
  type StatusCause,
  type StatusDetails,
} from './response.ts';
export { type CallPolicySettings, policySettingsError, SETTINGS_OPERATIONS } from './settings.ts';
