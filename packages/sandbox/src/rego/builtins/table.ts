import { BUILTINS } from './index.ts';

/** A builtin of OPA that a module compiled from Rego leaves to its host. */
export interface BuiltinRow {
  readonly name: string;
  /** Why it is not offered; undefined for those that are. */
  readonly leftOut: string | undefined;
}

const NETWORK = 'asks the network';
const KEYS = 'needs X.509 or public-key cryptography, which the platform offers asynchronously alone';
const GRAPHQL = 'a language of its own, and no Kubernetes object has it';
const COMPILE_TIME = 'resolved when the module is compiled';

const LEFT_OUT: Readonly<Record<string, string>> = {
  'crypto.parse_private_keys': KEYS,
  'crypto.x509.parse_and_verify_certificates': KEYS,
  'crypto.x509.parse_and_verify_certificates_with_options': KEYS,
  'crypto.x509.parse_certificate_request': KEYS,
  'crypto.x509.parse_certificates': KEYS,
  'crypto.x509.parse_keypair': KEYS,
  'crypto.x509.parse_rsa_private_key': KEYS,
  'graphql.is_valid': GRAPHQL,
  'graphql.parse': GRAPHQL,
  'graphql.parse_and_verify': GRAPHQL,
  'graphql.parse_query': GRAPHQL,
  'graphql.parse_schema': GRAPHQL,
  'graphql.schema_is_valid': GRAPHQL,
  'http.send': NETWORK,
  'internal.print': 'dropped by `opa build` unless it is asked to keep it',
  'internal.test_case': 'for `opa test`',
  'io.jwt.decode_verify': KEYS,
  'io.jwt.encode_sign': KEYS,
  'io.jwt.encode_sign_raw': KEYS,
  'io.jwt.verify_eddsa': KEYS,
  'io.jwt.verify_es256': KEYS,
  'io.jwt.verify_es384': KEYS,
  'io.jwt.verify_es512': KEYS,
  'io.jwt.verify_ps256': KEYS,
  'io.jwt.verify_ps384': KEYS,
  'io.jwt.verify_ps512': KEYS,
  'io.jwt.verify_rs256': KEYS,
  'io.jwt.verify_rs384': KEYS,
  'io.jwt.verify_rs512': KEYS,
  'json.match_schema': 'JSON Schema validation is larger than the rest of the host',
  'json.verify_schema': 'JSON Schema validation is larger than the rest of the host',
  'net.lookup_ip_addr': NETWORK,
  'opa.runtime': 'tells about the process and its environment',
  print: 'dropped by `opa build`',
  'providers.aws.sign_req': 'signs requests that a policy can not send',
  'regex.globs_match': 'whether two patterns have a text in common is not decided here yet',
  'rego.metadata.chain': COMPILE_TIME,
  'rego.metadata.rule': COMPILE_TIME,
  'rego.parse_module': 'needs the Rego compiler',
  'strings.render_template': 'a template language with code of its own',
};

/** What is offered, and what is left out and why, by name. */
export function builtinTable(): readonly BuiltinRow[] {
  const offered = [...BUILTINS.keys()].map((name): BuiltinRow => ({ name, leftOut: undefined }));
  const leftOut = Object.entries(LEFT_OUT).map(([name, reason]): BuiltinRow => ({ name, leftOut: reason }));
  return [...offered, ...leftOut].sort((a, b) => (a.name < b.name ? -1 : 1));
}
