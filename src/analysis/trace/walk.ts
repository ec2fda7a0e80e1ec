/**
 * Walks one packet at a time through hooks, tables and chains, rule by rule, as the kernel does, and tells what it met. Knows nothing of sets of
 * packets: src/packets comes to its answers on another road, and tests hold the two against each other and both against the kernel.
 *
 * Where something unknown decides, every way is walked: the answer is then not certain, and says what it hangs on.
 */
import {
  all,
  authenticationHeader,
  type Backend,
  type FieldName,
  givenOf,
  type Hook,
  type MatchNode,
  notIf,
  type Outline,
  outlined,
  type Predicate,
  passedOver6,
  printMatch,
  type Rewrite,
  type TableName,
  type Test,
  tablesAtHook,
  targetOf,
  test,
  type Use,
} from '../../../grammar/index.js';
import type { Ipsets } from '../../model/ipset.js';
import { matchPredicate } from '../../model/resolve.js';
import type { Action, Chain, Rule, Ruleset } from '../../model/ruleset.js';
import { answerTest } from './answers.js';
import { confirm, isConnectionKey, mirror, replyIsTaken, type Tuple, track } from './conntrack.js';
import { ipChecksumHolds } from './dissect.js';
import { type FieldValue, holds, unmet, type Witnesses } from './evaluate.js';
import { Flight } from './flight.js';
import { collectFragment } from './fragments.js';
import { chooseAddress } from './nat.js';
import type { TracePacket } from './packet.js';
import { type Direction, type Host, isLinkLocal6, isLoopback, isMulticast, Routing } from './routing.js';
import { State } from './state.js';
import { runTarget } from './targets.js';
import { type Answer, Unknown } from './unknown.js';

/** What a trace leans on beside the ruleset. */
export interface TraceContext {
  readonly host?: Host | null;
  readonly sets?: Ipsets | null;
  /** `fresh`: the ruleset was loaded just before the first packet, so limits and lists start empty. `unknown`: anything may have come before. */
  readonly history?: 'fresh' | 'unknown';
  readonly backend?: Backend | null;
  /** Answers to open tests that the user wants taken for true; undefined: none. */
  readonly assume?: (test: Test) => boolean | undefined;
  /** Near misses are told. */
  readonly explain?: boolean;
}

/** A rule that matched. */
export interface TraceStep {
  readonly table: TableName;
  readonly chain: string;
  readonly line: number;
  readonly target: string | null;
}

/** Who decided. */
export type TraceBy =
  | { readonly by: 'rule'; readonly chain: string; readonly line: number; readonly target: string | null }
  | { readonly by: 'policy'; readonly chain: string; readonly target: string }
  /** Routing, a checksum, the TTL, a fragment held back: no rule did. */
  | { readonly by: 'kernel'; readonly reason: string }
  | { readonly by: 'none' };

/** What happened, in order, for the text form. */
export type TraceEvent =
  | { readonly kind: 'hook'; readonly hook: Hook; readonly in: string; readonly out: string }
  | { readonly kind: 'tracking'; readonly state: string; readonly words: string }
  | { readonly kind: 'routing'; readonly words: string }
  | { readonly kind: 'table'; readonly table: TableName; readonly chain: string }
  /** `unmet`: what of a near miss's condition does not hold. */
  | {
      readonly kind: 'rule';
      readonly rule: Rule;
      readonly line: number;
      readonly depth: number;
      readonly matched: boolean;
      readonly unmet: readonly Predicate[];
    }
  | { readonly kind: 'return'; readonly chain: string; readonly to: string; readonly depth: number }
  | { readonly kind: 'policy'; readonly table: TableName; readonly chain: string; readonly policy: string }
  | {
      readonly kind: 'rewrite';
      readonly field: FieldName;
      readonly from: FieldValue;
      readonly to: FieldValue;
      readonly line: number | null;
      readonly depth: number;
    }
  | { readonly kind: 'assumed'; readonly question: Unknown; readonly answer: boolean; readonly line: number | null }
  | { readonly kind: 'kernel'; readonly words: string };

export type TraceVerdict = 'delivered' | 'dropped' | 'rejected' | 'unknown';

/** The packet as it is when it leaves, or is taken by the host. */
export interface SeenPacket {
  /** The interface that it leaves by; `local`: the host takes it. */
  readonly at: string | Unknown;
  readonly flight: Flight;
}

/** One way that the packet may go. */
export interface TraceWay {
  readonly matched: readonly number[];
  readonly verdict: TraceVerdict;
  readonly where: 'local' | 'forward' | 'out' | null;
  readonly by: TraceBy;
  readonly trace: readonly TraceStep[];
  readonly seen: SeenPacket | null;
  readonly events: readonly TraceEvent[];
  /** What this way takes for granted. */
  readonly assumes: readonly { readonly question: Unknown; readonly answer: boolean; readonly line: number | null }[];
}

export interface TraceResult extends TraceWay {
  readonly packet: TracePacket;
  readonly certain: boolean;
  /** What the answer hangs on, where it is not certain. */
  readonly reasons: readonly Unknown[];
  /** All ways, this one included; one where the answer is certain. */
  readonly ways: readonly TraceWay[];
  /** There are more ways than were walked. */
  readonly truncated: boolean;
}

const mostWays = 32;

/** Thrown inside a walk to end the packet's way; carries how. */
class Ended {
  readonly verdict: TraceVerdict;
  readonly by: TraceBy;
  constructor(verdict: TraceVerdict, by: TraceBy) {
    this.verdict = verdict;
    this.by = by;
  }
}

const kernel = (verdict: TraceVerdict, reason: string): Ended => new Ended(verdict, { by: 'kernel', reason });

/**
 * Extensions whose use makes conntrack look at every packet of the family (nf_ct_netns_get in their checkentry). CT does, but for --notrack; NOTRACK
 * does not (measured).
 */
const trackingMatches = new Set(['conntrack', 'state', 'connmark', 'connbytes', 'connlabel', 'connlimit', 'helper', 'cluster']);
const trackingTargets = new Set(['CONNMARK', 'CONNSECMARK', 'DNAT', 'SNAT', 'MASQUERADE', 'REDIRECT', 'NETMAP', 'SYNPROXY', 'CLUSTERIP']);
/** These put fragments together without tracking. */
const defragmenting = new Set(['socket', 'TPROXY']);

/**
 * Matches whose predicate does not tell all that their memory needs: `recent --set` always matches, yet notes the address; hashlimit's table is
 * asked by the modes and masks given.
 */
const remembered = (match: MatchNode): Predicate | null => {
  if ((match.name !== 'recent' && match.name !== 'hashlimit') || !match.spec) return null;
  const given = givenOf(match.spec, match.options) as Readonly<Record<string, Use | undefined>> | null;
  if (!given) return null;
  const side = match.options.findLast(({ key }) => key === 'rsource' || key === 'rdest')?.key === 'rdest' ? 'rdest' : 'rsource';
  const asked = test({
    extension: match.name,
    text: printMatch(match, { family: 4, backend: 'legacy' }),
    decidedBy: 'history',
    reads: [],
    given: { ...given, side },
  });
  if (match.name === 'hashlimit') return asked;
  return notIf((given.set ?? given.rcheck ?? given.update ?? given.remove)?.negated ?? false, asked);
};

/** The match that reads a protocol's header. */
const headerMatches: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 33: 'dccp', 58: 'icmp6', 132: 'sctp' };

/** A ruleset ready for packets. What outlives a packet lives here. */
export class Tracer {
  readonly ruleset: Ruleset;
  readonly context: TraceContext;
  readonly state = new State();
  readonly routing: Routing | null;
  readonly tracks: boolean;
  readonly defragments: boolean;
  private readonly copies = new Map<Rule, readonly Predicate[]>();
  private readonly lines = new Map<Rule, number>();

  constructor(ruleset: Ruleset, context: TraceContext = {}) {
    this.ruleset = ruleset;
    this.context = context;
    this.routing = context.host ? new Routing(context.host) : null;
    let tracks = false;
    let defragments = false;
    // Rules of one outline have the names of their extensions in common.
    const seen = new Set<Outline>();
    for (const { node } of ruleset.rules) {
      if (tracks) break;
      const { outline } = outlined(node);
      if (seen.has(outline)) continue;
      seen.add(outline);
      const { matches, target } = outline;
      const name = target?.spec ? target.name : '';
      const isTracking = name === 'CT' && !target?.options.some(({ key }) => key === 'notrack');
      tracks ||= isTracking || trackingTargets.has(name) || matches.some((match) => trackingMatches.has(match.name));
      defragments ||= defragmenting.has(name) || matches.some((match) => defragmenting.has(match.name));
    }
    this.tracks = tracks;
    this.defragments = tracks || defragments;
  }

  /** 1-based line of a rule. */
  lineOf(rule: Rule): number {
    let line = this.lines.get(rule);
    if (line === undefined) {
      line = this.ruleset.source.position(rule.node.start).line;
      this.lines.set(rule, line);
    }
    return line;
  }

  /** The conditions of a line: one for each pair of the addresses listed, for the kernel has a rule for each. */
  conditions(rule: Rule): readonly Predicate[] {
    const known = this.copies.get(rule);
    if (known) return known;
    const { family } = this.ruleset;
    const meaning = (match: MatchNode): Predicate => remembered(match) ?? matchPredicate(match, family);
    const [builtIn, ...others] = rule.node.matches;
    let found: readonly Predicate[] = rule.node.matches.some(remembered) ? [all(...rule.node.matches.map(meaning))] : [rule.predicate];
    if (builtIn?.name === '') {
      const variants = builtIn.options.reduce<readonly (typeof builtIn.options)[]>(
        (lists, option) => {
          const listed =
            (option.key === 'source' || option.key === 'destination') && Array.isArray(option.value) ? (option.value as unknown[]) : [];
          if (listed.length < 2) return lists.map((list) => [...list, option]);
          return lists.flatMap((list) => listed.map((value) => [...list, { ...option, value: [value] }]));
        },
        [[]],
      );
      if (variants.length > 1)
        found = variants.map((options) => all(matchPredicate({ ...builtIn, options }, family), ...others.map(meaning)));
    }
    this.copies.set(rule, found);
    return found;
  }

  /** What becomes of the next packet. Packets are told in the order in which they come. */
  trace(packet: TracePacket): TraceResult {
    const { state } = this;
    if (packet.reload) state.reload(isConnectionKey);
    if (!packet.keep) state.forgetConnections(isConnectionKey);
    state.tick(packet.waits);
    state.begin();
    const ways: TraceWay[] = [];
    const reached: ReadonlyMap<unknown, unknown>[] = [];
    const pending: (readonly boolean[])[] = [[]];
    while (pending.length > 0 && ways.length < mostWays) {
      const choices = pending.pop()!;
      const walk = new Walk(this, packet, choices);
      ways.push(walk.run());
      reached.push(state.undo());
      for (let i = walk.taken.length - 1; i >= choices.length; i--) pending.push([...walk.taken.slice(0, i), !walk.taken[i]]);
    }
    state.settle(reached);
    const first = ways[0]!;
    const truncated = pending.length > 0;
    const agreed = !truncated && ways.every(({ verdict }) => verdict === first.verdict);
    const reasons = new Map(ways.flatMap(({ assumes }) => assumes.map(({ question }) => [question.reason, question] as const)));
    return {
      ...first,
      packet,
      certain: ways.length === 1,
      verdict: agreed ? first.verdict : 'unknown',
      reasons: [...reasons.values()],
      ways,
      truncated,
    };
  }
}

/** One frame of the way through chains. */
interface Frame {
  readonly chain: Chain;
  next: number;
}

/** One walk of one packet, with open questions settled by `choices`, and beyond them with no. */
class Walk implements Witnesses {
  readonly taken: boolean[] = [];
  readonly tracer: Tracer;
  readonly flight: Flight;
  private readonly choices: readonly boolean[];
  private readonly settled = new Map<string, boolean>();
  private readonly steps: TraceStep[] = [];
  private readonly events: TraceEvent[] = [];
  private readonly assumes: { question: Unknown; answer: boolean; line: number | null }[] = [];
  private rule: Rule | null = null;
  private depth = 0;
  private hook: Hook = 'PREROUTING';
  private lastFilter: TraceBy = { by: 'none' };

  constructor(tracer: Tracer, packet: TracePacket, choices: readonly boolean[]) {
    this.tracer = tracer;
    this.flight = new Flight(packet, tracer.routing);
    this.choices = choices;
  }

  run(): TraceWay {
    try {
      const where = this.flight.packet.local ? this.sent() : this.arrived();
      const { flight } = this;
      const at = where === 'local' ? 'local' : flight.outInterface;
      return this.way('delivered', where, this.lastFilter, { at, flight });
    } catch (ended) {
      if (!(ended instanceof Ended)) throw ended;
      return this.way(ended.verdict, null, ended.by, null);
    }
  }

  private way(verdict: TraceVerdict, where: TraceWay['where'], by: TraceBy, seen: SeenPacket | null): TraceWay {
    return {
      matched: this.steps.map(({ line }) => line),
      verdict,
      where,
      by,
      trace: this.steps,
      seen,
      events: this.events,
      assumes: this.assumes,
    };
  }

  // What predicates ask.

  field(name: FieldName): FieldValue {
    const value = this.flight.field(name);
    if (name !== 'protocol' || value instanceof Unknown || !this.hasAuthentication()) return value;
    const { backend } = this.tracer.context;
    if (backend) return backend === 'nft' ? authenticationHeader : value;
    return new Unknown(
      'the nft back end takes the authentication header for the protocol, legacy what stands behind it',
      'tell it: --backend legacy',
    );
  }

  private hasAuthentication(): boolean {
    return this.flight.headers.extensions.some(({ number }) => number === authenticationHeader);
  }

  test(test: Test): Answer {
    const assumed = this.tracer.context.assume?.(test);
    if (assumed !== undefined) return assumed;
    return answerTest(test, {
      flight: this.flight,
      state: this.tracer.state,
      routing: this.tracer.routing,
      sets: this.tracer.context.sets ?? null,
      history: this.tracer.context.history ?? 'fresh',
      backend: this.tracer.context.backend ?? null,
      rule: this.rule!,
      ruleset: this.tracer.ruleset,
      hook: this.hook,
    });
  }

  decide(question: Unknown, key: string | null): boolean {
    const versioned = key === null ? null : `${key} ${[...this.flight.versions].join()}`;
    const known = versioned === null ? undefined : this.settled.get(versioned);
    if (known !== undefined) return known;
    const answer = this.choices[this.taken.length] ?? false;
    this.taken.push(answer);
    if (versioned !== null) this.settled.set(versioned, answer);
    const line = this.rule ? this.tracer.lineOf(this.rule) : null;
    this.assumes.push({ question, answer, line });
    this.events.push({ kind: 'assumed', question, answer, line });
    return answer;
  }

  // The way through the hooks.

  private arrived(): 'local' | 'forward' {
    const { flight } = this;
    const { headers, packet } = flight;
    if (packet.packetType === 3) throw kernel('dropped', 'its frame is addressed to another host');
    if (!headers.sound) throw kernel('dropped', 'its IP header makes no sense');
    if (headers.family === 6) {
      if (isMulticast(headers.source)) throw kernel('dropped', 'its source is a multicast address');
      if (flight.inInterface !== 'lo' && (isLoopback(headers.source) || isLoopback(headers.destination))) {
        throw kernel('dropped', 'loopback addresses are not taken from outside');
      }
    } else if (!ipChecksumHolds(packet.bytes, headers)) throw kernel('dropped', 'its IP checksum is wrong');
    if (this.tracer.defragments) this.defragment('before the first hook');
    return this.received();
  }

  private defragment(when: string): void {
    const { flight } = this;
    const { headers } = flight;
    // In IPv6 a fragment header may stand in a whole packet: it goes as well.
    const isFragment = headers.fragmentOffset > 0 || headers.moreFragments || headers.extensions.some(({ number }) => number === 44);
    if (!isFragment) return;
    const whole = collectFragment(flight.bytes, headers, this.tracer.state, when);
    if (!whole) throw kernel('dropped', 'the fragment is held until the others have come');
    flight.replace(whole);
    this.events.push({ kind: 'kernel', words: 'the fragments are put together' });
  }

  /** From PREROUTING on. */
  private received(): 'local' | 'forward' {
    const { flight } = this;
    this.pass('PREROUTING');
    const direction = this.route();
    if (direction.kind === 'local') {
      this.events.push({ kind: 'routing', words: 'it is for this host' });
      if (flight.headers.family === 4) this.defragment('before INPUT');
      flight.realm ??= null;
      this.pass('INPUT');
      this.finish();
      // IPv6 puts together what is for the host behind INPUT, which sees each fragment.
      if (flight.headers.family === 6) this.defragment('behind INPUT');
      return 'local';
    }
    this.events.push({
      kind: 'routing',
      words: `it is forwarded${typeof flight.outInterface === 'string' ? ` by ${flight.outInterface}` : ''}`,
    });
    this.pass('FORWARD');
    this.pass('POSTROUTING');
    this.finish();
    return 'forward';
  }

  /** Decides between INPUT and FORWARD; sets the outgoing interface and counts the TTL down. */
  private route(): { readonly kind: 'local' | 'forward' } {
    this.rule = null;
    const { flight } = this;
    const { packet, headers } = flight;
    if (packet.hook === 'INPUT') return { kind: 'local' };
    if (packet.hook === 'FORWARD' || packet.leavesBy !== null) {
      const routed = packet.leavesBy === null ? this.tracer.routing?.direct(headers.destination, this.arrival()) : undefined;
      const device = packet.leavesBy ?? (routed?.kind === 'forward' ? routed.device : null);
      return this.forward(device);
    }
    const { routing } = this.tracer;
    if (!routing) {
      if (headers.family === 4 && headers.destination === 0xffffffff) return { kind: 'local' };
      if (isLoopback(headers.destination)) return { kind: 'local' };
      const question = new Unknown(
        'whether its destination is an address of this host is not known',
        'give the addresses (--addresses FILE), or say "to this host" or "out eth1" in the packet',
      );
      return this.decide(question, 'is for the host') ? { kind: 'local' } : this.forward(null);
    }
    this.refuseMartians(routing);
    const direction: Direction = routing.direct(headers.destination, this.arrival());
    if (direction.kind === 'local') return direction;
    if (direction.kind === 'nowhere') throw kernel(direction.answers ? 'rejected' : 'dropped', direction.why);
    if (direction.kind === 'unknown') {
      if (isMulticast(headers.destination)) {
        if (this.decide(new Unknown(direction.why), 'is for the host')) return { kind: 'local' };
        throw kernel('dropped', 'nobody here listens to that multicast group');
      }
      return this.forward(null);
    }
    flight.realm = direction.realm ?? new Unknown('the realm of its route is not told');
    return this.forward(direction.device);
  }

  private arrival(): string {
    return typeof this.flight.inInterface === 'string' ? this.flight.inInterface : '';
  }

  private refuseMartians(routing: Routing): void {
    const { headers, inInterface } = this.flight;
    if (inInterface === 'lo') return;
    const { source, destination } = headers;
    if (headers.family === 6) return;
    const toAll = destination === 0xffffffff || isMulticast(destination);
    if (isMulticast(source) || source === 0xffffffff) throw kernel('dropped', 'its source is no address of a host');
    if (Number(source) < 0x01000000 && !toAll) throw kernel('dropped', 'its source is 0.0.0.0/8');
    if (isLoopback(source) || isLoopback(destination)) throw kernel('dropped', 'loopback addresses are not taken from outside');
    if (routing.isOwn(source)) throw kernel('dropped', 'its source is an address of this host');
  }

  private forward(device: string | null): { readonly kind: 'forward' } {
    const { flight } = this;
    const { headers } = flight;
    if (flight.packetType !== 0) throw kernel('dropped', 'broadcast and multicast frames are not forwarded');
    if (headers.family === 6 && (isLinkLocal6(headers.source) || headers.source === 0n))
      throw kernel('rejected', 'its source is valid on its link only');
    if (headers.ttl <= 1) throw kernel('rejected', 'its TTL runs out here');
    const mtu = device === null ? undefined : this.tracer.routing?.mtuOf(device);
    if (mtu !== undefined && headers.length > mtu && headers.dontFragment && headers.length === this.flight.packet.headers.length) {
      throw kernel('rejected', `it is too long for ${device} and must not be cut`);
    }
    flight.write('ttl', headers.ttl - 1);
    flight.outInterface =
      device ?? new Unknown('the interface it leaves by is not known', 'give the routes (--routes FILE), or tell it: out eth1');
    return { kind: 'forward' };
  }

  /** From OUTPUT on. */
  private sent(): 'local' | 'out' {
    const { flight } = this;
    this.routeOut(true);
    this.pass('OUTPUT');
    const expected = flight.outInterface;
    this.routeOut(false, expected);
    this.pass('POSTROUTING');
    this.finish();
    if (flight.outInterface !== 'lo') return 'out';
    flight.inInterface = 'lo';
    flight.outInterface = '';
    flight.hasSocket = false;
    flight.macSource = 0;
    this.received();
    return 'local';
  }

  /** The interface that a packet of the host leaves by; after OUTPUT again, for its destination may be another. */
  private routeOut(first: boolean, before: string | Unknown = ''): void {
    const { flight } = this;
    const { packet, headers } = flight;
    if (!first && !flight.versions.has('destination')) return;
    if (packet.leavesBy !== null && first) {
      flight.outInterface = packet.leavesBy;
      return;
    }
    const { routing } = this.tracer;
    if (!routing) {
      flight.outInterface = isLoopback(headers.destination)
        ? 'lo'
        : new Unknown('the interface it leaves by is not known', 'give the routes (--routes FILE)');
      return;
    }
    const direction = routing.direct(headers.destination, null);
    if (direction.kind === 'nowhere') throw kernel('dropped', direction.why);
    flight.outInterface =
      direction.kind === 'local'
        ? 'lo'
        : direction.kind === 'forward' && direction.device !== null
          ? direction.device
          : before !== '' && !first
            ? before
            : new Unknown('the interface it leaves by is not known', 'give the routes (--routes FILE)');
    if (direction.kind === 'forward') flight.realm = direction.realm ?? new Unknown('the realm of its route is not told');
  }

  /** Passes one hook: its tables in order, connection tracking behind raw, translation in nat. */
  private pass(hook: Hook): void {
    this.hook = hook;
    const { flight } = this;
    const name = (device: string | Unknown) => (typeof device === 'string' ? device : '?');
    this.rule = null;
    this.events.push({ kind: 'hook', hook, in: name(flight.inInterface), out: name(flight.outInterface) });
    const begins = hook === 'PREROUTING' || hook === 'OUTPUT';
    // The kernel keeps telling OUTPUT the interface that was chosen first, whatever nat does to the destination there.
    for (const table of tablesAtHook[hook]) {
      if (begins && table === 'mangle') this.trackPacket();
      if (table === 'nat') this.passNat(hook);
      else this.passTable(table, hook);
    }
  }

  private trackPacket(): void {
    const { flight, tracer } = this;
    const { packet } = flight;
    if (flight.tracked.kind === 'with' || flight.state === 'UNTRACKED' || !tracer.tracks) return;
    if (packet.state !== null) {
      this.takeToldState();
      return;
    }
    const fromOutside = this.hook === 'PREROUTING' && flight.inInterface !== 'lo';
    const found = track(flight.bytes, flight.headers, tracer.state, fromOutside);
    if (found.state === 'unknown') {
      const question = new Unknown(found.reason);
      flight.tracked = { kind: 'unknown', question };
      return;
    }
    if ('connection' in found) {
      flight.tracked = { kind: 'with', state: found.state, direction: found.direction, key: found.key };
      flight.connection = found.connection;
      if (packet.connectionMark !== null) flight.connection = { ...found.connection, mark: packet.connectionMark };
    } else flight.tracked = { kind: 'without', state: found.state };
    this.events.push({ kind: 'tracking', state: found.state, words: `conntrack: ${found.state}` });
  }

  /** A state that the packet's teller knows: its connection's beginning is not told. */
  private takeToldState(): void {
    const { flight, tracer } = this;
    const { state, direction } = flight.packet;
    if (state === 'INVALID' || state === 'UNTRACKED') flight.tracked = { kind: 'without', state };
    else if (state === 'NEW') {
      const found = track(flight.bytes, flight.headers, tracer.state, false);
      if ('connection' in found && found.state === 'NEW') {
        flight.tracked = { kind: 'with', state, direction: 0, key: found.key };
        flight.connection = found.connection;
      } else flight.tracked = { kind: 'with', state, direction: 0, key: null };
    } else flight.tracked = { kind: 'with', state: state!, direction: direction === 'reply' ? 1 : 0, key: null };
    this.events.push({ kind: 'tracking', state: state!, words: `conntrack: ${state} (as told)` });
  }

  /** The connection as it is now, where conntrack keeps it. */
  private store(): void {
    const { flight, tracer } = this;
    if (flight.tracked.kind === 'with' && flight.tracked.key !== null && flight.connection?.confirmed)
      tracer.state.set(flight.tracked.key, flight.connection);
  }

  /** The packet is through: its connection is kept. */
  private finish(): void {
    const { flight, tracer } = this;
    if (flight.tracked.kind !== 'with' || flight.tracked.key === null || !flight.connection) return;
    if (flight.connection.confirmed) this.store();
    else {
      confirm(tracer.state, flight.tracked.key, flight.connection);
      flight.connection = { ...flight.connection, confirmed: true };
    }
  }

  // Tables and chains.

  private chainAt(table: TableName, hook: Hook): Chain | undefined {
    return this.tracer.ruleset.tables.get(table)?.chains.get(hook);
  }

  private passTable(table: TableName, hook: Hook): void {
    const chain = this.chainAt(table, hook);
    if (!chain) return;
    const by = this.walkChain(chain);
    this.store();
    if (table === 'filter') this.lastFilter = by;
  }

  /** Walks a built-in chain to its end; who accepted. Throws where it ends the packet's way. */
  private walkChain(base: Chain): TraceBy {
    const { tracer } = this;
    const table = base.table.name;
    const name = `${table}/${base.name}`;
    this.events.push({ kind: 'table', table, chain: base.name });
    const frames: Frame[] = [{ chain: base, next: 0 }];
    while (frames.length > 0) {
      const frame = frames[frames.length - 1]!;
      const rule = frame.chain.rules[frame.next++];
      if (!rule) {
        this.leave(frames);
        continue;
      }
      this.depth = frames.length - 1;
      for (const condition of tracer.conditions(rule)) {
        const outcome = this.meet(rule, condition, table);
        if (outcome === 'next') continue;
        if (outcome === 'return') this.leave(frames);
        else if (outcome instanceof Ended) throw outcome;
        else if (outcome === 'accept')
          return { by: 'rule', chain: `${table}/${rule.chain.name}`, line: tracer.lineOf(rule), target: targetOf(rule.node) ?? null };
        else if (outcome.kind === 'goto') {
          frames.pop();
          frames.push({ chain: outcome.chain, next: 0 });
        } else frames.push({ chain: outcome.chain, next: 0 });
        break;
      }
    }
    const policy = base.policy ?? 'ACCEPT';
    this.events.push({ kind: 'policy', table, chain: base.name, policy });
    if (policy === 'ACCEPT') return { by: 'policy', chain: name, target: policy };
    throw new Ended('dropped', { by: 'policy', chain: name, target: policy });
  }

  /** Leaves a chain, by its end or by RETURN. */
  private leave(frames: Frame[]): void {
    const left = frames.pop()!;
    const caller = frames[frames.length - 1];
    if (caller) this.events.push({ kind: 'return', chain: left.chain.name, to: caller.chain.name, depth: frames.length - 1 });
  }

  /** One rule: does it match, and what then? */
  private meet(
    rule: Rule,
    condition: Predicate,
    table: TableName,
  ): 'next' | 'return' | 'accept' | Ended | { readonly kind: 'jump' | 'goto'; readonly chain: Chain } {
    const { tracer } = this;
    this.rule = rule;
    const line = tracer.lineOf(rule);
    if (!rule.node.whole && !this.decide(new Unknown('part of the line could not be read'), null)) return 'next';
    if (this.isCutOff(rule)) throw kernel('dropped', `line ${line} asks for ports, and the fragment cuts the header that holds them`);
    const matches = this.lacksProtocol(rule)
      ? false
      : this.isGuesswork(rule)
        ? this.decide(new Unknown('the nft back end compares bytes behind the fragment with ports'), null)
        : holds(condition, this);
    if (!matches) {
      if (tracer.context.explain)
        this.events.push({ kind: 'rule', rule, line, depth: this.depth, matched: false, unmet: unmet(condition, this) });
      return 'next';
    }
    const target = targetOf(rule.node) ?? null;
    this.steps.push({ table, chain: rule.chain.name, line, target });
    this.events.push({ kind: 'rule', rule, line, depth: this.depth, matched: true, unmet: [] });
    const { action } = rule;
    switch (action.kind) {
      case 'none':
        return 'next';
      case 'jump':
      case 'goto':
        return action;
      case 'unknown': {
        const question = new Unknown(`what the target ${action.name} does is not known`);
        if (!this.decide(new Unknown(`${question.reason}: whether it ends the packet's way`), null)) return 'next';
        return new Ended('unknown', { by: 'rule', chain: `${table}/${rule.chain.name}`, line, target });
      }
      case 'target':
        return this.act(rule, action, table, line);
    }
  }

  /**
   * The legacy matches of transport headers drop a packet whose header is cut (`hotdrop`), and tcp one whose fragment begins inside the header,
   * once the conditions of the line before them hold.
   */
  private isCutOff(rule: Rule): boolean {
    const { headers } = this.flight;
    const { protocol, fragmentOffset } = headers;
    if (this.tracer.context.backend === 'nft') return false;
    const name = headerMatches[protocol];
    if (name === undefined) return false;
    const isCut =
      fragmentOffset === 0 && (protocol === 1 || protocol === 58 ? headers.icmpType === undefined : headers.sourcePort === undefined);
    const isInside = fragmentOffset === 8 && protocol === 6;
    if (!isCut && !isInside) return false;
    const at = rule.node.matches.findIndex((match) => match.name === name || (isCut && match.name === 'multiport'));
    if (at < 0) return false;
    const { family } = this.tracer.ruleset;
    return rule.node.matches.slice(0, at).every((match) => holds(matchPredicate(match, family), this));
  }

  /**
   * Whether a rule asks for the protocol of a packet of IPv6 that has none, for its headers are cut, or go on in another fragment. Under nft it does not
   * match, negated or not; legacy drops the packet there, once addresses and interfaces fit.
   */
  private lacksProtocol(rule: Rule): boolean {
    const { headers } = this.flight;
    if (headers.family === 4 || (headers.protocol !== authenticationHeader && !passedOver6.has(headers.protocol))) return false;
    const { backend } = this.tracer.context;
    if (backend === 'nft' && this.hasAuthentication()) return false;
    const [basics] = rule.node.matches;
    if (basics?.name !== '' || !basics.options.some(({ key, value }) => key === 'protocol' && value !== 0)) return false;
    if (backend === 'nft') return true;
    const others = { ...basics, options: basics.options.filter(({ key }) => key !== 'protocol') };
    if (!holds(matchPredicate(others, this.tracer.ruleset.family), this)) return true;
    const drop = new Unknown(
      'the legacy back end drops a packet whose IPv6 headers do not lead to a protocol',
      'tell it: --backend legacy',
    );
    if (backend === 'legacy' || this.decide(drop, drop.reason))
      throw kernel('dropped', `line ${this.tracer.lineOf(rule)} asks for a protocol, to which the IPv6 headers of the packet do not lead`);
    return true;
  }

  /** nft reads ports where they would stand, whatever stands there in a fragment. */
  private isGuesswork(rule: Rule): boolean {
    const { headers } = this.flight;
    const name = headerMatches[headers.protocol];
    if (this.tracer.context.backend !== 'nft' || name === undefined) return false;
    if (headers.fragmentOffset === 0 && (headers.sourcePort !== undefined || headers.icmpType !== undefined)) return false;
    const at = rule.node.matches.findIndex((match) => match.name === name || match.name === 'multiport');
    if (at < 0) return false;
    const { family } = this.tracer.ruleset;
    return rule.node.matches.slice(0, at).every((match) => holds(matchPredicate(match, family), this));
  }

  private act(rule: Rule, action: Action & { kind: 'target' }, table: TableName, line: number): 'next' | 'return' | 'accept' | Ended {
    const by: TraceBy = { by: 'rule', chain: `${table}/${rule.chain.name}`, line, target: action.name };
    if (action.actsOn && !holds(action.actsOn, this)) return 'next';
    const { tracer, flight } = this;
    if (table === 'nat' && action.effect.kind === 'verdict' && action.effect.verdict === 'accept') {
      this.translate(rule, action.rewritesAt(this.hook));
      return 'accept';
    }
    const special = runTarget(rule, action, {
      flight,
      state: tracer.state,
      sets: tracer.context.sets ?? null,
      routing: tracer.routing,
      hook: this.hook,
    });
    if (special !== 'done') for (const rewrite of action.rewritesAt(this.hook)) this.rewrite(rewrite, line);
    const { effect } = action;
    if (effect.kind === 'continue') return 'next';
    if (effect.kind === 'return') return 'return';
    switch (effect.verdict) {
      case 'accept':
        return 'accept';
      case 'drop':
        return new Ended('dropped', by);
      case 'reject':
        return new Ended('rejected', by);
      case 'queue': {
        const accepts = this.decide(new Unknown(`a program that listens on the queue decides, if there is one`), null);
        return accepts ? 'accept' : new Ended('dropped', by);
      }
      case 'stolen':
        return new Ended('unknown', by);
    }
  }

  private rewrite(rewrite: Rewrite, line: number | null): void {
    const { flight } = this;
    const from = flight.field(rewrite.field);
    const to = flight.rewritten(rewrite);
    if (to === null) return;
    flight.write(rewrite.field, to);
    this.note(rewrite.field, from, line);
  }

  private note(field: FieldName, from: FieldValue, line: number | null): void {
    const to = this.flight.field(field);
    if (from !== to) this.events.push({ kind: 'rewrite', field, from, to, line, depth: this.depth });
  }

  // Translation.

  /** The nat table at a hook: asked for the first packet of a connection only; later ones are translated as it was. */
  private passNat(hook: Hook): void {
    const { flight } = this;
    const side = hook === 'PREROUTING' || hook === 'OUTPUT' ? 'destination' : 'source';
    const { tracked } = flight;
    if (tracked.kind !== 'with') {
      if (tracked.kind === 'unknown' && this.chainAt('nat', hook)) this.decide(tracked.question, 'connection');
      return;
    }
    const { connection } = flight;
    if (tracked.state === 'NEW' && connection && !(side === 'source' ? connection.sourceDone : connection.destinationDone)) {
      const chain = this.chainAt('nat', hook);
      if (chain) this.walkChain(chain);
      flight.connection = { ...flight.connection!, ...(side === 'source' ? { sourceDone: true } : { destinationDone: true }) };
      this.store();
    }
    this.applyTranslation(side);
  }

  /** What a NAT target decides for the connection: its reply direction changes. */
  private translate(rule: Rule, rewrites: readonly Rewrite[]): void {
    const { flight, tracer } = this;
    const { connection } = flight;
    if (!connection) return;
    const side = this.hook === 'PREROUTING' || this.hook === 'OUTPUT' ? 'destination' : 'source';
    const addressField: FieldName = side;
    const portField: FieldName = side === 'source' ? 'sourcePort' : 'destinationPort';
    const replyAddress = side === 'source' ? 'destination' : 'source';
    const replyPort = side === 'source' ? 'destinationPort' : 'sourcePort';
    let reply: Tuple = connection.reply;
    const isRandom = rule.node.target?.options.some(({ key }) => key === 'random' || key === 'randomFully') ?? false;
    for (const rewrite of rewrites) {
      if (rewrite.field !== addressField) continue;
      const address = chooseAddress(rewrite, this.hook, flight, tracer.routing);
      if (address instanceof Unknown) flight.write(addressField, address);
      else if (address === null)
        throw new Ended('dropped', {
          by: 'rule',
          chain: `nat/${rule.chain.name}`,
          line: tracer.lineOf(rule),
          target: targetOf(rule.node) ?? null,
        });
      else reply = { ...reply, [replyAddress]: address };
    }
    const hasPorts = flight.headers.sourcePort !== undefined;
    const wanted = hasPorts ? rewrites.find((rewrite) => rewrite.field === portField && rewrite.kind === 'to') : undefined;
    if (wanted?.kind === 'to') {
      const [low, high] = [Number(wanted.ranges[0]![0]), Number(wanted.ranges[0]![1])];
      const now = reply[replyPort];
      // A port inside the range is kept while it is free; a destination port outside becomes the first.
      const keeps = now >= low && now <= high && !replyIsTaken(tracer.state, reply, connection.zone);
      if (isRandom && low !== high) flight.write(portField, new Unknown('the new port is chosen at random'));
      else if (!keeps && side === 'source' && low !== high) flight.write(portField, new Unknown('the new port is one of several'));
      else if (!keeps) reply = { ...reply, [replyPort]: low };
    } else if (hasPorts && isRandom && side === 'source') flight.write(portField, new Unknown('the new port is chosen at random'));
    if (hasPorts && side === 'source' && wanted === undefined && replyIsTaken(tracer.state, reply, connection.zone)) {
      flight.write(portField, new Unknown('another connection has the same ports: another port is chosen'));
    }
    if (!hasPorts && replyIsTaken(tracer.state, reply, connection.zone) && reply !== connection.reply) {
      this.decide(new Unknown('another connection already has the addresses that this translation gives'), null);
    }
    flight.connection = { ...connection, reply };
  }

  /** Changes the packet as its connection is translated. */
  private applyTranslation(side: 'source' | 'destination'): void {
    const { flight } = this;
    const { tracked, connection } = flight;
    if (tracked.kind !== 'with' || !connection) return;
    const { original, reply } = connection;
    const plain = mirror(original, flight.headers.family);
    if (!plain) return;
    // The side of the connection that this end of the packet belongs to: left alone where it is not translated.
    const ofSource = (side === 'source') === (tracked.direction === 0);
    const isTranslated = ofSource
      ? reply.destination !== plain.destination || reply.destinationPort !== plain.destinationPort
      : reply.source !== plain.source || reply.sourcePort !== plain.sourcePort;
    if (!isTranslated) return;
    if (flight.headers.protocol === 47 && flight.headers.length - flight.headers.transport < 8) {
      throw kernel('dropped', 'translation wants eight bytes of GRE header');
    }
    const far = tracked.direction === 0 ? reply : original;
    const [address, port] =
      side === 'destination' ? ([far.source, far.sourcePort] as const) : ([far.destination, far.destinationPort] as const);
    const portField: FieldName = side === 'destination' ? 'destinationPort' : 'sourcePort';
    const isOpen = flight.field(side) instanceof Unknown;
    if (!isOpen && flight.headers[side] !== address) {
      const from = flight.field(side);
      flight.write(side, address);
      this.note(side, from, null);
    }
    if (flight.headers[portField] !== undefined && !(flight.field(portField) instanceof Unknown) && flight.headers[portField] !== port) {
      const from = flight.field(portField);
      flight.write(portField, port);
      this.note(portField, from, null);
    }
  }
}
