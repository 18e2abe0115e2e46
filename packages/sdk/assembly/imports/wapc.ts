// The waPC host functions that a guest without host capabilities needs (contract: policy-server §7.1).

/** Copies the operation's name and the payload to the given addresses. */
export declare function __guest_request(operation: usize, payload: usize): void;
export declare function __guest_response(data: usize, length: usize): void;
export declare function __guest_error(text: usize, length: usize): void;
