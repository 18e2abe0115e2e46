/** Thrown by host functions to end a call; the reason is kept by the call's state, which a guest can't catch away. */
export class Stop extends Error {
  constructor(reason: string) {
    super(reason);
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
