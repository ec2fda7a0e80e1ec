/** What cannot be known of a packet: an answer of its own, with the reason, never taken for yes or no. */

export class Unknown {
  /** Completes "not certain: ...": `whether the set "blocked" holds 192.0.2.7 is not known`. */
  readonly reason: string;
  /** What would settle it: `give the sets: --ipset FILE`; empty where nothing would. */
  readonly help: string;
  constructor(reason: string, help = '') {
    this.reason = reason;
    this.help = help;
  }
}

/** Yes, no, or not known. */
export type Answer = boolean | Unknown;
