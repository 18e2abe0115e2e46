import { Json, servePolicy, ValidationRequest } from '@ostiary/sdk/assembly';
import { DENIED, MANDATORY, settingsProblem } from './settings';

export function __guest_call(operationLength: i32, payloadLength: i32): i32 {
  return servePolicy(operationLength, payloadLength, validate, settingsProblem);
}

function validate(request: ValidationRequest): void {
  // What is being deleted no longer needs its annotations.
  if (request.operation == 'DELETE') {
    request.accept();
    return;
  }
  const annotations = request.object.find('/metadata/annotations');
  const denied = present(request.settings.get(DENIED).strings(), annotations);
  const missing = absent(request.settings.get(MANDATORY).strings(), annotations);
  const problems: string[] = [];
  if (denied.length > 0) problems.push(`The following annotations are not allowed: ${denied.join(',')}`);
  if (missing.length > 0) problems.push(`The following mandatory annotations are missing: ${missing.join(',')}`);
  if (problems.length > 0) request.reject(problems.join('. '));
  else request.accept();
}

function present(keys: string[], annotations: Json): string[] {
  const found: string[] = [];
  for (let i = 0; i < keys.length; i++) if (annotations.has(keys[i])) found.push(keys[i]);
  return found;
}

function absent(keys: string[], annotations: Json): string[] {
  const missing: string[] = [];
  for (let i = 0; i < keys.length; i++) if (!annotations.has(keys[i])) missing.push(keys[i]);
  return missing;
}
