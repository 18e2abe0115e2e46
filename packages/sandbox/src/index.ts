export {
  DEFAULT_LIMITS,
  type Completed,
  type Failed,
  type Failure,
  type FailureCode,
  type Limits,
  type Outcome,
} from './outcome.ts';
