/** An answer other than success, thrown inside the fake. */
export class FakeStatus extends Error {
  readonly status: number;
  readonly reason: string;
  readonly causes: readonly { readonly reason: string; readonly field: string; readonly message: string }[];

  constructor(status: number, reason: string, message: string, causes: FakeStatus['causes'] = []) {
    super(message);
    this.name = 'FakeStatus';
    this.status = status;
    this.reason = reason;
    this.causes = causes;
  }
}

/** The Status object that a real API server would send. */
export function statusObject(
  status: number,
  reason: string,
  message: string,
  causes: FakeStatus['causes'] = [],
): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(causes.length > 0 ? { details: { causes } } : {}),
    code: status,
  };
}
