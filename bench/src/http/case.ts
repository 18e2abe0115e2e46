import type { HttpVariant } from '../report.ts';
import type { Gate } from './gates.ts';
import type { TestServer } from './servers.ts';

/** One load on one server. */
export interface Case {
  readonly server: TestServer;
  readonly variant: HttpVariant;
  readonly gate: Gate;
  readonly url: string;
  /** The file that is posted. */
  readonly bodyFile: string;
  readonly connections: number;
}
