/** The host functions of the waPC protocol (waPC specification; contract: policy-server §7.1). */
export const WAPC_IMPORTS: Readonly<Record<string, string>> = {
  __guest_request: 'ii:',
  __guest_response: 'ii:',
  __guest_error: 'ii:',
  __host_call: 'iiiiiiii:i',
  __host_response_len: ':i',
  __host_response: 'i:',
  __host_error_len: ':i',
  __host_error: 'i:',
  __console_log: 'ii:',
};
