/** Thrown by host functions to end a call; the reason is kept by the call's state, which a guest can't catch away. */
export class Stop extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'Stop';
  }
}
