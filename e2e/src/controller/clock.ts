/** Imported before a program, puts the time of day off by `OSTIARY_E2E_CLOCK_SHIFT_MS`; nothing else notices. */
const shiftMs = Number(process.env['OSTIARY_E2E_CLOCK_SHIFT_MS'] ?? '0');

if (shiftMs !== 0) {
  globalThis.Date = new Proxy(Date, {
    construct: (target, args: readonly unknown[], self) =>
      Reflect.construct(target, args.length === 0 ? [target.now() + shiftMs] : args, self) as object,
    get: (target, name) => (name === 'now' ? () => target.now() + shiftMs : (Reflect.get(target, name) as unknown)),
  });
}
