/** A value, with what tells it from others of its family. */
export interface Sample {
  readonly value: number;
  /** Default: none. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A metric as it is now: plain data, so that it can be given to any thread. */
export interface Family {
  readonly name: string;
  /** Counters count since the process started. */
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: readonly Sample[];
}
