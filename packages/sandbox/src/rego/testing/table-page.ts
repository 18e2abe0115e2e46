import type { BuiltinRow } from '../builtins/table.ts';

/** The page of the manual that lists the builtins. */
export function tablePage(rows: readonly BuiltinRow[]): string {
  const offered = rows.filter(({ leftOut }) => leftOut === undefined);
  const others = rows.filter(({ leftOut }) => leftOut !== undefined);
  return `# Builtins for policies in Rego

A policy that is compiled from Rego to WebAssembly brings most of OPA's builtins with it. The others are calls to its
host. This page is generated from the host's own table.

Answers are those of OPA 1.22.2. A call with arguments that OPA has an error for fails the request, as \`opa eval
--strict-builtin-errors\` does; it is never taken for undefined. A module that needs a builtin that is not offered can't be
loaded: \`Missing Rego builtins: …\`.

## Offered

${offered.map(({ name }) => `- \`${name}\``).join('\n')}

\`time.now_ns\` is the time at which the request's first builtin was called, and stays the same for the request.
\`uuid.rfc4122\` and \`rand.intn\` give the same answer to the same question within a request. The zone \`Local\` is UTC.
\`net.cidr_expand\` gives at most 65,536 addresses, \`numbers.range_step\` a million numbers.

No call runs for more than some tenths of a second without a look at the request's limit. Therefore an argument or an
answer has at most 4 MiB and an argument a million values, YAML and URIs at most 1 MiB, a regular expression has
at most 25,000 instructions, and these times the characters of its text are at most 4 million. What asks for more fails the request.

## Left out

| builtin | why |
|---|---|
${others.map(({ name, leftOut }) => `| \`${name}\` | ${leftOut} |`).join('\n')}
`;
}
