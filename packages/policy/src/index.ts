export type {
  AdmissionModule,
  AuthenticationModule,
  AuthorizationModule,
  CallModule,
  Decision,
  GateAnswer,
  GateModule,
  ModuleFailure,
} from './module.ts';
export type { Rule } from './rules.ts';
