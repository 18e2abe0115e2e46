import type { TelemetryLink } from './link.ts';

/** What the thread that exports is born with. */
export interface TelemetryData {
  readonly link: TelemetryLink;
  readonly metrics: boolean;
  readonly traces: boolean;
}

export type FromTelemetry =
  | { readonly type: 'ready' }
  | { readonly type: 'problem'; readonly message: string }
  | { readonly type: 'stopped' };
