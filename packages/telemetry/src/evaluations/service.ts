import type { Service } from '../protocol.ts';

/** What the original calls itself (contract: policy-server §11.3). */
export const POLICY_SERVER: Service = { name: 'kubewarden-policy-server' };
