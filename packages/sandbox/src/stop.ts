/**
 * Thrown by host functions to end a call; the reason is kept by the call's state, which a guest can't catch away. Every
 * call of a command ends so: nobody reads where, and finding out would take a twentieth of the call.
 */
export class Stop extends Error {
  constructor(reason: string) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(reason);
    Error.stackTraceLimit = limit;
    this.name = 'Stop';
  }
}

/** Thrown by the first read of stdin of a command that is to go on from there. */
export class Parked extends Error {
  constructor() {
    super('parked at its first read of stdin');
    this.name = 'Parked';
  }
}

/** A command that was expected to read stdin ended without; its instance is spent, another has to start plainly. */
export class NotParked extends Error {
  constructor() {
    super('ended before its first read of stdin');
    this.name = 'NotParked';
  }
}
