/**
 * What outlives a packet: connections, counters of limits, lists, members added to sets, and the clock. Every change is written down, so that
 * a packet's way can be walked again with another answer to an open question; what the ways then disagree on is no longer known.
 */

/** The value of a key on which the ways of an uncertain packet disagree. */
export const disputed: unique symbol = Symbol('disputed');

/** Milliseconds that may pass between two packets of a file beyond what the file tells. */
const slack = 10;

export class State {
  private readonly values = new Map<unknown, unknown>();
  private journal: Map<unknown, unknown> | null = null;
  private generation = 0;
  private earliest = 0;
  private latest = 0;

  /** The value of a key; `disputed` where it is not known; undefined where none was set. Keys are compared by identity. */
  get(key: unknown): unknown {
    return this.values.get(key);
  }

  set(key: unknown, value: unknown): void {
    if (this.journal && !this.journal.has(key)) this.journal.set(key, this.values.get(key));
    if (value === undefined) this.values.delete(key);
    else this.values.set(key, value);
  }

  /** From now on changes are noted. */
  begin(): void {
    this.journal = new Map();
  }

  /** Undoes all changes since `begin`; returns what had been reached. */
  undo(): ReadonlyMap<unknown, unknown> {
    const reached = new Map<unknown, unknown>();
    for (const [key, old] of this.journal ?? []) {
      reached.set(key, this.values.get(key));
      if (old === undefined) this.values.delete(key);
      else this.values.set(key, old);
    }
    this.journal = new Map();
    return reached;
  }

  /** Keeps the changes. */
  commit(): void {
    this.journal = null;
  }

  /** Takes over what several ways reached: where they agree the value, else `disputed`. */
  settle(ways: readonly ReadonlyMap<unknown, unknown>[]): void {
    const keys = new Set(ways.flatMap((way) => [...way.keys()]));
    for (const key of keys) {
      const [first, ...others] = ways.map((way) => (way.has(key) ? way.get(key) : this.values.get(key)));
      const agreed = others.every((other) => same(first, other));
      if (!agreed) this.values.set(key, disputed);
      else if (first === undefined) this.values.delete(key);
      else this.values.set(key, first);
    }
    this.journal = null;
  }

  /** Time since the first packet, in milliseconds: what the file tells, and at most. */
  get clock(): { readonly earliest: number; readonly latest: number } {
    return { earliest: this.earliest, latest: this.latest };
  }

  /** The next packet comes: the time it waits passes, and a little more. */
  tick(waits: number): void {
    this.earliest += waits;
    this.latest += waits + slack;
  }

  /** Forgets all that rules remember; connections stay. */
  reload(isConnection: (key: unknown) => boolean): void {
    for (const key of [...this.values.keys()]) if (!isConnection(key)) this.values.delete(key);
  }

  /** Number of times that all connections were forgotten; part of the keys of connections. */
  get connections(): number {
    return this.generation;
  }

  forgetConnections(isConnection: (key: unknown) => boolean): void {
    this.generation++;
    for (const key of [...this.values.keys()]) if (isConnection(key)) this.values.delete(key);
  }
}

const same = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return text(a) === text(b);
};

const text = (value: unknown): string =>
  JSON.stringify(value, (_key, part) =>
    typeof part === 'bigint' ? `${part}n` : part instanceof Map ? [...part] : part === disputed ? 'disputed' : part,
  );
