/** Calls that are answered in another way than OPA does, with the reason. A call that OPA answers alike fails the test. */
export const KNOWN_DIFFERENCES: ReadonlyMap<string, string> = new Map<string, string>([
  ...['date', 'clock', 'weekday'].map(
    (name) =>
      [
        `time.${name}([9223372036854775807,"Africa/Casablanca"])`,
        'the platform does not know the offsets of Morocco beyond the year 2087, which follow the moon',
      ] as const,
  ),
  [
    'time.clock([-9223372036854775808,"EST"])',
    'in releases of the zone database before 2024 EST had the same offset at all times',
  ],
  ...['unmarshal', 'is_valid'].map(
    (name) =>
      [`yaml.${name}("%YAML 1.2\\n---\\na: 1")`, 'go-yaml refuses documents that say they are of YAML 1.2'] as const,
  ),
  [String.raw`yaml.marshal("\u0085")`, 'go-yaml folds this separator of lines into a space'],
]);
