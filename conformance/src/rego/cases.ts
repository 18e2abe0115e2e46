/**
 * Calls of builtins whose answers OPA is asked for: every argument of a call as the text of a Rego term. Pools are
 * crossed, so that a few dozen texts make hundreds of calls.
 */
export interface Case {
  readonly name: string;
  readonly args: readonly string[];
}

const quote = (text: string): string => JSON.stringify(text);

function cross(name: string, ...pools: readonly (readonly string[])[]): Case[] {
  const all = pools.reduce<string[][]>((rows, pool) => rows.flatMap((row) => pool.map((item) => [...row, item])), [[]]);
  return all.map((args) => ({ name, args }));
}

/** One call per row of texts. */
function rows(name: string, list: readonly (readonly string[])[]): Case[] {
  return list.map((args) => ({ name, args }));
}

const texts = (...list: readonly string[]): string[] => list.map(quote);

/** A value of every type, for builtins that must refuse most of them. */
const ANY = ['null', 'true', '1', '"a"', '["a"]', '{"a":1}', '{"a"}'];

const VERBS = 'vdsqxXobOcUeEfFgGtTp%w'.split('');
const FLAGS = ['', '5', '-8', '08', '+', ' ', '#', '.3', '8.2', '+08.1', '-+6', '# ', '.0', '012', '#.2', '+.3'];
const PRINTED = [
  '1',
  '-42',
  '0',
  '3.14159',
  '-0.5',
  '1e6',
  '1e21',
  '123456789.0',
  '1e-7',
  '"héllo"',
  '""',
  'true',
  'null',
];
const COLLECTIONS = [
  '["a",1,null]',
  '{"k":[1.5]}',
  '{3,1,"b"}',
  'set()',
  '{"q\\"":"\\n"}',
  '123456789012345678901234567890',
  '-99999999999999999999',
];

const FORMATS = texts(
  '%d items', '%', '%!', '100%%', '%[2]d %[1]d', '%[3]d', '%[x]d', '%*d', '%-*d|', '%.*f', '%[1]*d', '%d %d', 'no verbs',
  '%s %v %d %q', '%[2]*[1]d', '%.[2]f', '%é', '%5%', '%  d', '%+q', '%#q', '%#v', '%x %X', '%6.2f%%', '%[1]', '%[1', '%.', '%2',
); // prettier-ignore

function sprintfCases(): Case[] {
  const formats = VERBS.flatMap((verb) => FLAGS.map((flag) => quote(`%${flag}${verb}`)));
  return [
    ...cross('sprintf', formats, PRINTED.map((value) => `[${value}]`)),
    ...cross('sprintf', VERBS.filter((verb) => !'pw'.includes(verb)).map((verb) => quote(`%${verb}|%12${verb}|%-12${verb}|%#${verb}`)), COLLECTIONS.map((v) => `[${[v, v, v, v].join(',')}]`)),
    ...cross('sprintf', FORMATS, ['[]', '[1]', '[1,2]', '[5,42]', '["a","b"]', '[1,2,3,4]', '[2.5,"x",1,"y"]', '["x",-3]', '[3,2.71828]']),
    ...cross('sprintf', ['1', '"%d"'], ANY),
    ...cross('sprintf', texts('%q', '%+q', '%#q', '%x', '% X', '%v', '%10.2s|'), texts('a`b', 'tab\t', '\u0000\u007f', '😀', '\u00ad\u200b', '日本', "it's \"q\"").map((t) => `[${t}]`)),
    ...cross('sprintf', texts('%q', '%c', '%U', '%#U', '%+q'), ['[65]', '[128512]', '[-1]', '[1114112]', '[10]', '[39]', '[55296]', '[233]']),
    ...cross('sprintf', texts('%.0f', '%.1f', '%.2f', '%.10e', '%.3g', '%g', '%e', '%v'), ['0.5', '1.5', '2.5', '0.05', '0.25', '1e100', '5e-324', '1.7976931348623157e308', '0.1', '123456.789', '0.000012345', '1e20', '99.95', '1e400'].map((n) => `[${n}]`)),
  ]; // prettier-ignore
}

const STRINGS = texts('', 'a', 'abc', 'aXbXc', 'aaa', 'héé', '日本語日', 'a b  c', 'x.y.z');
const NEEDLES = texts('', 'a', 'aa', 'X', 'é', '日', ' ', '.', 'zzz', 'abc');

function stringCases(): Case[] {
  return [
    ...cross('indexof_n', STRINGS, NEEDLES),
    ...cross('strings.count', STRINGS, NEEDLES),
    ...cross('strings.split_n', STRINGS, NEEDLES.slice(0, 6), ['0', '1', '2', '-1', '-2', '10', '1.5', '99999999999999999999']),
    ...cross('strings.reverse', [...STRINGS, ...ANY]),
    ...cross('strings.any_prefix_match', ['"abc"', '["x","abc"]', '{"abc","q"}', '[]', '1', '[1]'], ['"a"', '["b","ab"]', '{"c"}', '[]', '""', 'null', '["b",1]']),
    ...cross('strings.any_suffix_match', ['"abc"', '["x","abc"]', '{"abc","q"}', '[]', '1'], ['"c"', '["b","bc"]', '{"a"}', '[]', '""', 'null']),
    ...cross('trace', ANY),
  ]; // prettier-ignore
}

const PATTERNS = texts('a', 'a*', '(a)(b)?', '[0-9]+', '\\s*,\\s*', '^a', 'b$', '', '(?i)AB', '(?P<n>\\w)x', '\\bfoo\\b', '.', '(', 'a{2}', '[[:alpha:]]+', '\\pL+', '(?s).', 'x*', 'a|ab', '(a+)+$', '\\C', '(?=a)', 'a{1001}', '[^é]', '\\x41'); // prettier-ignore
const SUBJECTS = texts(
  '',
  'a',
  'aab',
  'abab',
  'a , b,c',
  '12ab34',
  'foo bar foo',
  'ééa',
  '日本ax',
  'ABab\nab',
  'xxaxx',
);

function regexCases(): Case[] {
  return [
    ...cross('regex.split', PATTERNS, SUBJECTS),
    ...cross('regex.find_n', PATTERNS, SUBJECTS.slice(0, 8), ['-1', '0', '1', '2']),
    ...cross('regex.find_all_string_submatch_n', PATTERNS.slice(0, 12), SUBJECTS, ['-1', '1']),
    ...cross('regex.replace', SUBJECTS, PATTERNS.slice(0, 14), texts('-', '$1', '${1}x', '$1x', '${n}', '$$', '$', '[$0]')),
    ...cross('regex.template_match', texts('urn:<[a-z]+>', 'a<b', 'x', '<<a>>', '<a><b>', 'a.b<.*>', '<(>', '{a}'), texts('urn:abc', 'x', 'ab', 'a.b', 'axb', '', 'a'), texts('<', '{'), texts('>', '}')),
    ...rows('regex.template_match', [texts('a', 'a', '', '>'), texts('a', 'a', '<<', '>'), texts('a', 'a', '<', 'é'), texts('|a|', 'a', '|', '|')]),
    ...cross('glob.quote_meta', texts('*.github.com', 'a?b[c]', '{x,y}', '!-\\', 'a-b,c', '', 'é*')),
    ...cross('regex.find_n', ['1', '"a"'], ['"a"', 'null'], ['1', '"x"', '1.5', '1.0']),
  ]; // prettier-ignore
}

const INSTANTS = ['0', '1709210096789012345', '-1', '-62135596800', '1e18', '9223372036854775807', '-9223372036854775808', '9223372036854775808', '1.5', '1711846800000000000', '1698541200000000000', '951782400000000000']; // prettier-ignore
const ZONES = texts('UTC', '', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Asia/Tokyo', 'America/St_Johns', 'Nowhere/Land', 'america/new_york', 'EST', 'Asia/Kathmandu', 'America/Sao_Paulo', 'Africa/Casablanca'); // prettier-ignore
const LAYOUTS = texts('ANSIC', 'UnixDate', 'RubyDate', 'RFC822', 'RFC822Z', 'RFC850', 'RFC1123', 'RFC1123Z', 'RFC3339', 'RFC3339Nano', '2006-01-02', '3:04PM', '15h4m5s', '02 Jan 06 _2 __2 002', 'Monday January 1 2', '.000 ,999 .999999', '-07 -0700 -07:00 Z07 Z0700 Z07:00', '-07:00:00 Z070000', 'Janet Monk', '_2006 pm 5', '2006.000000', '05.00', '1504'); // prettier-ignore

const TIMES = [
  ['RFC3339', '2024-02-29T12:34:56Z'], ['RFC3339', '2024-02-30T12:34:56Z'], ['RFC3339', '2024-02-29T12:34:56.789+05:30'],
  ['RFC3339Nano', '2024-02-29T12:34:56.123456789Z'], ['ANSIC', 'Thu Feb 29 12:34:56 2024'], ['ANSIC', 'Thu Feb  9 12:34:56 2024'],
  ['UnixDate', 'Thu Feb 29 12:34:56 CET 2024'], ['RFC822', '29 Feb 24 12:34 MST'], ['RFC822Z', '29 Feb 24 12:34 -0700'],
  ['RFC850', 'Thursday, 29-Feb-24 12:34:56 GMT+3'], ['RFC1123', 'Thu, 29 Feb 2024 12:34:56 GMT'], ['RFC1123Z', 'Thu, 29 Feb 2024 12:34:56 +0100'],
  ['2006-01-02', '2024-13-01'], ['2006-01-02', '2024-12-01'], ['2006-01-02', '24-12-01'], ['06-1-2', '69-1-2'], ['06-1-2', '68-1-2'],
  ['3:04PM', '12:30AM'], ['3:04PM', '12:30PM'], ['3:04pm', '1:30pm'], ['3:04PM', '13:30PM'], ['2006 002', '2024 060'], ['2006 002', '2023 366'],
  ['2006-01-02 15:04:05', '2024-01-02 03:04:05.5'], ['2006-01-02 15:04:05', '2024-01-02 24:00:00'], ['2006-01-02', '2024-01-02x'],
  ['Jan 2 2006', 'JAN 2 2006'], ['January 2 2006', 'february 2 2006'], ['Mon Jan 2', 'Xyz Jan 2'], ['2006', '1600'], ['2006', '2262'], ['2006', '2263'],
  ['15:04:05.000', '12:00:00.123'], ['15:04:05.000', '12:00:00.12'], ['15:04:05.999', '12:00:00'], ['-07:00', '+25:00'], ['Z07:00', 'Z'], ['Z07:00', '+01:00'],
  ['MST', 'CEST'], ['MST', 'abc'], ['', ''], ['2006-01-02T15:04:05Z07:00', '2024-01-01T00:00:00z'], ['_2', ' 5'], ['2006-01-02', ''],
] as const; // prettier-ignore

const RFC3339 = texts('2024-02-29T12:34:56Z', '2024-02-29T12:34:56.5Z', '2024-02-29T12:34:56,5Z', '2024-02-29 12:34:56Z', '2024-02-29T12:34:56', '2023-02-29T12:34:56Z', '2024-02-29T12:34:60Z', '0001-01-01T00:00:00Z', '2024-02-29T1:34:56Z', '2024-02-29T12:34:56+00:00', '2024-02-29T12:34:56-23:59', '2024-02-29T12:34:56.1234567891Z', 'garbage', '1677-09-21T00:12:43.145224192Z', '2262-04-11T23:47:16.854775808Z'); // prettier-ignore
const DURATIONS = texts('1h', '1h2m3s', '-1.5h', '1d', '1w2d', '1y', '1.5d', '', '0', '+5s', '1', '1x', 'h', '.5s', '1.s', '.s', '100ns', '1us', '1µs', '1ms', '9223372036854775807ns', '9223372036854775808ns', '-9223372036854775808ns', '1 h', '1h-2m', '300y', '1.123456789123s', '--1s', '1m1d'); // prettier-ignore

function timeCases(): Case[] {
  const moments = [
    '0',
    '1709210096789012345',
    '[1709210096789012345,"Europe/Berlin"]',
    '[1711846800000000000,"America/New_York"]',
    '[-5000000000,"Asia/Tokyo"]',
    '"x"',
    '[]',
    '[1,2]',
  ];
  return [
    ...['time.date', 'time.clock', 'time.weekday'].flatMap((name) => [...cross(name, INSTANTS), ...INSTANTS.flatMap((ns) => ZONES.map((zone): Case => ({ name, args: [`[${ns},${zone}]`] })))]),
    ...INSTANTS.slice(0, 7).flatMap((ns) => LAYOUTS.map((layout): Case => ({ name: 'time.format', args: [`[${ns},"UTC",${layout}]`] }))),
    ...ZONES.flatMap((zone) => ['UnixDate', 'RFC3339', 'RFC822Z'].flatMap((layout) => ['1709210096789012345', '1720000000000000000'].map((ns): Case => ({ name: 'time.format', args: [`[${ns},${zone},${quote(layout)}]`] })))),
    ...cross('time.format', [...moments, ...ANY]),
    ...TIMES.map(([layout, text]): Case => ({ name: 'time.parse_ns', args: texts(layout, text) })),
    ...cross('time.parse_rfc3339_ns', [...RFC3339, '1']),
    ...cross('time.parse_duration_ns', DURATIONS),
    ...cross('time.add_date', moments, ['0', '1', '-1', '400'], ['0', '1', '-14'], ['0', '31', '-1']),
    ...cross('time.diff', moments, moments),
    ...rows('time.add_date', [['0', '1.5', '0', '0'], ['0', '"1"', '0', '0'], ['0', '999999999', '0', '0']]),
  ]; // prettier-ignore
}

const AMOUNTS = ['1', '0', '1.5', '.5', '5.', '-2', '+3', '1e3', '1e-3', '1.e2', '', '1000000000000000000000', '0.001', '1e1000000', '12345678.9', '1..2', '1-2', '007', '0x10', '1_000']; // prettier-ignore
const UNITS = ['', 'm', 'k', 'K', 'M', 'Mi', 'mi', 'MI', 'Ki', 'ki', 'G', 'gi', 'T', 'Ti', 'P', 'Pi', 'E', 'Ei', 'e', 'ei', 'kb', 'KiB', 'MB', 'gib', 'x', ' M', '"M"', 'i', 'mB']; // prettier-ignore

const VERSIONS = texts('1.2.3', 'v1.2.3', '1.2', '1.2.3.4', '01.2.3', '1.2.3-alpha', '1.2.3-alpha.1', '1.2.3-alpha.beta', '1.2.3-1', '1.2.3-01', '1.2.3+b1', '1.2.3-rc.1+b', '1.10.0', '', '1.2.x', '1.2.3-', '1.2.3+', '99999999999999999999.0.0', '1.2.3-a..b', '-1.2.3', '1.2.3-beta.11', '1.2.3-beta.2'); // prettier-ignore

const YAMLS = texts('a: 1', 'a: [1, 2, {b: c}]', '- x\n- y: z\n  w: 1', 'on: yes', '1: a\ntrue: b', 'a: 0777', 'a: 0o17', 'a: 0x1F', 'a: 0b11', 'a: 1_000', 'a: 1.5e3', 'a: .5', 'a: .inf', 'a: .nan', 'a: ~', 'a:', '', '---\n', 'a: 1\n---\nb: 2', 'a: |\n  x\n  y\n', 'a: >-\n  x\n  y\n', 'a: "q\\n\\u00e9"', "a: 'it''s'", 'base: &b {x: 1}\nd:\n  <<: *b\n  y: 2', 'a: *nope', 'a: 2023-01-01', 'a: !!str 5', 'a: !!int "7"', 'a: !!binary aGk=', 'a: 1\na: 2', '? [1]\n: x', 'a: b: c', '  a:\nb: 1', '\ta: 1', '{a: 1', 'plain text', '"quoted"', '5', 'null', 'a: 12345678901234567890', 'a: 123456789012345678901234567890', 'a: -0', 'a: +5', 'a: 1e3', 'a: 1e400', 'a: 09', 'a: 0', '- - 1\n  - 2', 'a: "\u00e9"', '# only a comment', 'a: {b: [}', '!foo bar', 'a: True\nb: FALSE\nc: tRue', '1.5: x', 'null: x', '&a x: *a', 'a: 1:30', 'a: 0.1', 'a: 100000000000000000000000.5', 'a: 0.0000001', '%YAML 1.2\n---\na: 1', '- 1\n-2', 'a: ""', 'x: <<', '<<: {a: 1}', '<<: [{a: 1}, {a: 2, b: 3}]'); // prettier-ignore
const MARSHALLED = ['null', 'true', '1', '1.5', '-3', '1e6', '123456789', '12345678901234567890', '1e21', '0.00001', '""', '"a"', '"true"', '"1"', '"1.5"', '"null"', '"~"', '"yes"', '"on"', '"y"', '"a b"', '" a"', '"a "', '"a: b"', '"a #b"', '"#x"', '"- a"', '"-"', '"a\\nb"', '"a\\nb\\n"', '"a\\n\\nb\\n\\n"', '"\\ta"', '"x\\ty"', '"\\u0000"', '"é"', '"😀"', '"[x"', '"{x"', '"*x"', '"&x"', '"!x"', '"%x"', '"@x"', '"`x"', '"\'x\'"', '"\\"x\\""', '"2023-01-01"', '"1:30"', '"0x1F"', '"<<"', '"="', '":"', '"a:"', '"---"', '"?"', '"? a"', '"|"', '">"', '","', '"a,b"', '"\\u2028"', '"\\u0085"', '"\\r"', '[]', '{}', '[1,[2,[3]]]', '{"a":{"b":[]}}', '{"a":[1,{"b":2,"c":[3]}],"d":{}}', '[{"a":1,"b":[{"c":2}]}]', '{"a10":1,"a2":2,"A":3,"_":4,"1":5,"b":6,"a":7}', '{"x y":1,"true":2,"1":3,"a: b":4}', 'set()', '{3,1}', '{1:"a","k":{2}}', '{"k":"line1\\nline2"}', '["line1\\nline2\\n"]', '[[],{}]', '{"a":null}', '"a\\n b"', '" a\\nb"', '"a \\nb"', '"0777"', '"1e3"', '".5"', '"+1"', '"1_000"', '"a\\\\b"', '"//"', '"a\'b"', '"...x"', '"-1"', '"--x"']; // prettier-ignore

const URIS = texts('http://example.com/a/b?x=1#f', 'https://user:pw@host:8080/p%20q?q', 'mailto:a@b', '/rel/path?x', 'rel', '//host/p', 'http://[::1]:80/', 'http://[::1%25eth0]/', 'http://host:port/', ':bad', 'a:b', '1a:b', 'http://a b/', 'http://a/%zz', 'HTTP://UPPER/', '', '#frag', '?q=1', 'http://h/a%2Fb', 'http://h', 'x://', 'http://h:/', 'http://é/ü', 'file:///etc/x', 'http://h/a b', 'a/b:c', 'http://%41/', 'http://h/\u0001', 'urn:x:y?z#f', "http://h/a'(b)!*;=@:&+$,", 'http://h//x', '///a', 'http://[::1', 'http://a[b]/', 'http://h?', 'http://h/#%41', 'http://u@h@i/'); // prettier-ignore

const CIDRS = ['10.0.0.0/8', '10.1.0.0/16', '192.168.1.7/32', '::1/128', 'fe80::/10', '::ffff:10.0.0.0/104', '::/0', '0.0.0.0/0', '10.0.0.0', '10.0.0.0/33', '010.0.0.0/8', '1.2.3/8', '2001:db8::/126', '2001:DB8:0:0:0:0:0:1/127', '1::2::3/64', 'x', '', '10.0.0.1/030', '::1.2.3.4/120', '10.0.0.5/30', '::ffff:1.2.3.4/126']; // prettier-ignore
const CIDR_LISTS = ['["10.0.0.0/25","10.0.0.128/25"]', '["10.0.0.0/24","10.0.1.0/24","10.0.2.0/24"]', '{"10.0.0.0/8","10.1.0.0/16"}', '["10.1.2.3"]', '["200.1.2.3","200.1.2.9"]', '["150.1.2.3"]', '["::1"]', '["2001:db8::/33","2001:db8:8000::/33"]', '[]', '"10.0.0.0/8"', '[1]', '["x"]', '["10.0.0.0/32","10.0.0.1/32","10.0.0.2/32"]', '["0.0.0.0/1","128.0.0.0/1"]', '["10.0.0.0/24","2001:db8::/64"]', '["10.0.0.4/30","10.0.0.0/24"]']; // prettier-ignore

const DOCUMENTS = [
  '{"a":[1,2,3],"b":{"c":"x"}}',
  '[1,[2,3]]',
  '{"s":{1,2},"":0}',
  '{"a/b":1,"m~n":2,"0":"zero"}',
  '5',
  '[]',
  '{}',
];
const OPS = ['[]', '{"op":"add","path":"/a/1","value":9}', '{"op":"add","path":"/a/-","value":9}', '{"op":"add","path":"/a/9","value":9}', '{"op":"add","path":"/x","value":{"y":1}}', '{"op":"add","path":"","value":1}', '{"op":"remove","path":"/a/0"}', '{"op":"remove","path":"/nope"}', '{"op":"replace","path":"/b/c","value":"y"}', '{"op":"replace","path":"/0","value":"y"}', '{"op":"move","from":"/a/0","path":"/a/2"}', '{"op":"move","from":"/b","path":"/a/0"}', '{"op":"copy","from":"/a","path":"/z"}', '{"op":"test","path":"/b/c","value":"x"}', '{"op":"test","path":"/b/c","value":"no"}', '{"op":"add","path":["b","d"],"value":1}', '{"op":"remove","path":"/a~1b"}', '{"op":"replace","path":"/m~0n","value":0}', '{"op":"bogus","path":"/a"}', '{"path":"/a"}', '{"op":"add","path":"/a"}', '{"op":"add","path":"/a/01","value":1}', '{"op":"add","path":["s",3],"value":3}', '{"op":"remove","path":["s",1]}', '{"op":"add","path":"/0/0","value":1}', '{"op":"add","path":"/1/1","value":7}', '{"op":"replace","path":"","value":[1]}', '{"op":"add","path":"a","value":1}', '{"op":"add","path":1,"value":1}', '{"op":"add","path":"/a/-1","value":1}', '"x"', '{"op":"remove","path":"/-"}', '{"op":"copy","from":"/a","path":"/a/0"}', '{"op":"add","path":[0],"value":1}', '{"op":"add","path":"/","value":1}', '{"op":"test","path":"","value":5}']; // prettier-ignore

const GRAPHS = ['{"a":{"b","c"},"b":{"d"},"c":{"d"},"d":set()}', '{"a":["b"],"b":["a"]}', '{"a":{"a"}}', '{}', '{"a":null,"b":["a","x"]}', '{1:{2},2:{1,3}}', '{"a":[],"b":["a"]}', '[]']; // prettier-ignore

const UUIDS = texts('6ba7b810-9dad-11d1-80b4-00c04fd430c8', '000003e8-48b9-21ee-b200-325096b39f47', '00000000-0000-4000-8000-000000000000', '{6ba7b810-9dad-11d1-80b4-00c04fd430c8}', 'urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8', '6ba7b8109dad11d180b400c04fd430c8', 'x', '6ba7b810-9dad-11d1-c0b4-00c04fd430c8', '6ba7b810-9dad-11d1-e0b4-00c04fd430c8', '6ba7b810-9dad-11d1-00b4-02c04fd430c8', '6ba7b810-9dad-11d1-80b4-01c04fd430c8', '6ba7b810-9dad-11d1-80b4-03c04fd430c8', '6BA7B810-9DAD-51D1-80B4-00C04FD430C8'); // prettier-ignore

/** Signed with `secret` and HS256, HS384 and HS512; and some that are none. */
const TOKENS = texts('eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIiwibiI6MX0.AAAA', 'eyJhbGciOiJub25lIn0.e30.', 'a.b', '', 'a.b.c.d', 'eyJhbGciOiJIUzI1NiJ9.W10.AAAA', 'bm90anNvbg.e30.AAAA', 'eyJhbGciOiJIUzI1NiJ9.e30.A', 'eyJhbGciOiJIUzI1NiJ9.e30.!!!!', 'eyJlbmMiOiJ4In0.e30.AAAA', 'eyJjdHkiOiJKV1QifQ.ZXlKaGJHY2lPaUp1YjI1bEluMC5lMzAu.AAAA', 'eyJhbGciOiJIUzI1NiJ9.eyJiIjoxMjM0NTY3ODkwMTIzNDU2Nzg5MH0.AAAA', 'eyJhbGciOiJIUzI1NiJ9.e30.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'); // prettier-ignore

const HASHED = ['', 'a', 'abc', 'é', 'a'.repeat(55), 'a'.repeat(56), 'a'.repeat(64), 'a'.repeat(111), 'a'.repeat(112), 'a'.repeat(200)].map(quote); // prettier-ignore

function otherCases(): Case[] {
  return [
    ...cross('units.parse', AMOUNTS.flatMap((amount) => UNITS.map((unit) => quote(amount + unit)))),
    ...cross('units.parse_bytes', AMOUNTS.flatMap((amount) => UNITS.map((unit) => quote(amount + unit)))),
    ...cross('semver.is_valid', [...VERSIONS, ...ANY]),
    ...cross('semver.compare', VERSIONS, VERSIONS),
    ...cross('yaml.unmarshal', YAMLS),
    ...cross('yaml.is_valid', [...YAMLS, ...ANY]),
    ...cross('yaml.marshal', MARSHALLED),
    ...cross('uri.parse', URIS),
    ...cross('uri.is_valid', [...URIS, '1']),
    ...cross('net.cidr_is_valid', [...CIDRS.map(quote), ...ANY]),
    ...cross('net.cidr_expand', CIDRS.filter((cidr) => /\/(?:3\d|12\d|030|33)$/.test(cidr)).map(quote)),
    ...cross('net.cidr_merge', CIDR_LISTS),
    ...cross('net.cidr_contains_matches', ['"10.0.0.0/8"', '["10.0.0.0/8","1.2.3.0/24"]', '{"a":"10.0.0.0/8","b":["::/0",1]}', '{["1.0.0.0/8","x"]}', '[1]', '1'], ['"10.1.1.1"', '["10.1.0.0/16","1.2.3.4","::1"]', '{"10.2.0.0/16"}', '"x"', '[[]]', '{"k":"10.0.0.0/8"}']),
    ...cross('json.patch', DOCUMENTS, OPS.map((op) => (op === '[]' ? op : `[${op}]`))),
    ...rows('json.patch', [[DOCUMENTS[0] ?? '', `[${OPS[1]},${OPS[6]},${OPS[8]}]`], ['{}', '{}'], ['{"a":1}', '[{"op":"remove","path":"/a"},{"op":"add","path":"/a","value":2}]']]),
    ...cross('json.is_valid', ['"{}"', '"[1,]"', '"1"', '""', '"tru"', '"\\"a\\""', '1', '"{\\"a\\":1e5}"', '" 1 "']),
    ...cross('json.marshal_with_options', ['{"b":[1,{"c":null}],"a":"<&>"}', '[]', '{}', '{1,2}', '{1:2}', '"é\\u2028"', '1.50'], ['{}', '{"pretty":true}', '{"indent":"  "}', '{"prefix":">"}', '{"prefix":">","indent":" ","pretty":false}', '{"bogus":1}', '{"indent":1}', '[]']),
    ...cross('object.subset', ['{"a":{"b":1,"c":[1,2,3]},"d":{1,2}}', '{1,2,3}', '[1,2,3,4]', '[]', '"x"'], ['{"a":{"b":1}}', '{"d":{1}}', '{"a":{"c":[2,3]}}', '{1,4}', '{1}', '[2,3]', '[3,2]', '[]', 'set()', '{}', '{2,4}', '1']),
    ...cross('object.keys', ['{"a":1,"b":2}', '{1:2}', '{}', '[]']),
    ...cross('object.union_n', ['[]', '[{"a":1}]', '[{"a":{"b":1}},{"a":{"c":2}}]', '[{"a":{"b":2}},{"a":4},{"a":{"c":3}}]', '[1]', '{}']),
    ...cross('array.reverse', ['[1,2]', '[]', '{1}']),
    ...cross('graph.reachable', GRAPHS, ['["a"]', '{"b"}', '[]', '{1}', '"a"']),
    ...cross('graph.reachable_paths', GRAPHS, ['["a"]', '{"a","b"}', '[]', '{1}', '"a"']),
    ...cross('numbers.range_step', ['1', '10', '-5', '1.5', '7.0'], ['1', '10', '-5', '"x"', '1e1'], ['1', '3', '0', '-1', '1.0']),
    ...cross('rand.intn', ['"a"', '1'], ['0', '1', '-1', '"x"', '1.5']),
    ...cross('uuid.parse', [...UUIDS, '1']),
    ...cross('io.jwt.decode', [...TOKENS, '1']),
    ...['hs256', 'hs384', 'hs512'].flatMap((name) => cross(`io.jwt.verify_${name}`, TOKENS, texts('secret', ''))),
    ...['md5', 'sha1', 'sha256'].flatMap((name) => cross(`crypto.${name}`, [...HASHED, '1'])),
    ...['md5', 'sha1', 'sha256', 'sha512'].flatMap((name) => cross(`crypto.hmac.${name}`, HASHED.slice(0, 5), [...HASHED, '1'])),
    ...cross('crypto.hmac.equal', texts('a', 'ab', ''), [...texts('a', 'b', ''), '1']),
    ...cross('base64url.encode_no_pad', texts('', 'a', 'ab', 'abc', '??>>é')),
    ...cross('hex.encode', texts('', 'a', 'é\u0000\u000f')),
    ...cross('hex.decode', texts('', '61', '6', 'zz', 'C3A9', '0x61', '6 1')),
    ...cross('urlquery.encode', texts('a b&c=d', 'é/~', '', "!*'()", '100%')),
    ...cross('urlquery.decode', texts('a+b%26', '%zz', '%', '%C3%A9', 'x=1&y', '')),
    ...cross('urlquery.encode_object', ['{"a":"1&2","b":["x","y"]}', '{"s":{"q","p"}}', '{}', '{"a":1}', '{"a":[1]}', '[]', '{"é":"ü"}', '{"b":"1","a":"2","B":"3"}', '{"a":[]}']),
    ...cross('urlquery.decode_object', texts('a=1&b=2&a=3', '', 'a', '=1', 'a=1;b=2', '&&', 'a%20b=c+d', 'a=%zz', 'a=b=c')),
    ...['array', 'set', 'boolean', 'null', 'object', 'string'].flatMap((type) => cross(`cast_${type}`, ANY)),
  ]; // prettier-ignore
}

/** All of them; the same ones every time. */
export function builtinCases(): readonly Case[] {
  return [...sprintfCases(), ...stringCases(), ...regexCases(), ...timeCases(), ...otherCases()];
}
