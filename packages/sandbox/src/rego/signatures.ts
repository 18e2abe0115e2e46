/** What a module compiled from Rego may import (OPA WebAssembly ABI 1.x; contract: policy-server §7.5). */
export const REGO_IMPORTS: Readonly<Record<string, string>> = {
  opa_abort: 'i:',
  opa_println: 'i:',
  opa_builtin0: 'ii:i',
  opa_builtin1: 'iii:i',
  opa_builtin2: 'iiii:i',
  opa_builtin3: 'iiiii:i',
  opa_builtin4: 'iiiiii:i',
};

/** What it must export. */
export const REGO_EXPORTS: Readonly<Record<string, string>> = {
  eval: 'i:i',
  builtins: ':i',
  entrypoints: ':i',
  opa_malloc: 'i:i',
  opa_json_parse: 'ii:i',
  opa_json_dump: 'i:i',
  opa_value_parse: 'ii:i',
  opa_value_dump: 'i:i',
  opa_eval_ctx_new: ':i',
  opa_eval_ctx_set_input: 'ii:',
  opa_eval_ctx_set_data: 'ii:',
  opa_eval_ctx_set_entrypoint: 'ii:',
  opa_eval_ctx_get_result: 'i:i',
};
