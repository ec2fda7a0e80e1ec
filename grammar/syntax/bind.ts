/**
 * From the words of a rule line to a rule: which extension an option belongs to, what its value is, and what of it iptables would refuse while
 * reading. As getopt does in iptables (iptables/xshared.c, do_parse; libxtables/xtables.c, xtables_merge_options): an option is looked up among
 * the built-in ones, then among the extensions named so far, the newest first; then `-p` may imply one; then unambiguous abbreviations count.
 */
import { allFlags, arityOf, findMatch, findTarget, flagsOf, type KnownOption, matchSpecs } from '../extensions/catalogue.js';
import type { BesideMatch, MatchSpec, RuleFault, TargetSpec } from '../extensions/define.js';
import { givenOf, meaningContext } from '../extensions/given.js';
import { builtIn } from '../extensions/matches/built-in.js';
import { type Family, programName } from '../netfilter/families.js';
import { impliedMatch, mptcp, protocolName } from '../netfilter/protocols.js';
import type { Problem } from '../problem.js';
import type { Span } from '../source.js';
import { isSwapped, lettersApart, suggest } from '../suggest.js';
import type { HostName, Network } from '../values/address.js';
import { readInteger } from '../values/integer.js';
import { Fault, type Misspelt, type ValueContext } from '../values/value.js';
import type { ChainCommandNode, ChainNode, CountersNode, OptionNode, RuleNode } from './ast.js';
import { couldBeExtension, meantMatch } from './outside.js';
import { Kind, type WordStore } from './store.js';
import { unquoteShell, wordAt } from './words.js';

type Command = RuleNode['command'] | ChainCommandNode['command'] | 'new' | 'policy' | 'list';

/** What a flag of iptables itself asks for. */
type Role =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'jump' | 'goto' | 'match' | 'table' | 'counters' | 'ignored' };

const roles = new Map<string, Role>();
const define = (flags: string, role: Role) => {
  for (const flag of flags.split(' ')) roles.set(flag, role);
};
define('-A --append', { kind: 'command', command: 'append' });
define('-I --insert', { kind: 'command', command: 'insert' });
define('-D --delete', { kind: 'command', command: 'delete' });
define('-R --replace', { kind: 'command', command: 'replace' });
define('-C --check', { kind: 'command', command: 'check' });
define('-N --new-chain', { kind: 'command', command: 'new' });
define('-P --policy', { kind: 'command', command: 'policy' });
define('-F --flush', { kind: 'command', command: 'flush' });
define('-X --delete-chain', { kind: 'command', command: 'delete-chain' });
define('-Z --zero', { kind: 'command', command: 'zero' });
define('-E --rename-chain --rename', { kind: 'command', command: 'rename' });
define('-L --list -S --list-rules -h --help -V --version', { kind: 'command', command: 'list' });
define('-j --jump', { kind: 'jump' });
define('-g --goto', { kind: 'goto' });
define('-m --match', { kind: 'match' });
define('-t --table', { kind: 'table' });
define('-c --set-counters', { kind: 'counters' });
define('-w --wait -W --wait-interval -n --numeric -v --verbose -x --exact --line-numbers --modprobe -M', { kind: 'ignored' });

/** The most words that a command takes. */
const mostWords: Readonly<Record<Command, number>> = {
  append: 1,
  insert: 2,
  delete: 2,
  replace: 2,
  check: 1,
  new: 1,
  policy: 2,
  flush: 1,
  'delete-chain': 1,
  zero: 2,
  rename: 2,
  list: 2,
};

const builtInFlags = flagsOf(builtIn);
const mainFlags: readonly string[] = [...roles.keys(), ...builtInFlags.keys()];

/** A node under construction: the tree's types are read-only, these are not. */
interface OpenExtension<S> {
  start: number;
  end: number;
  readonly name: string;
  readonly spec: S | null;
  readonly options: OptionNode[];
}

interface OpenMatch extends OpenExtension<MatchSpec> {
  readonly kind: 'match';
  readonly implied: boolean;
}

interface OpenTarget extends OpenExtension<TargetSpec> {
  readonly kind: 'target';
  readonly nameSpan: Span;
  readonly goto: boolean;
  /** A chain of its name stands in its place. */
  readonly isHidden: boolean;
}

/** What a short form may stand for: one of the program's own flags, or an option, built in where it has no owner. */
type Meant =
  | { readonly flag: string; readonly role: Role }
  | { readonly flag: string; readonly role?: undefined; readonly owner?: OpenMatch | OpenTarget; readonly option: KnownOption };

/** What one line of rule or command turned out to be. */
export interface BoundLine {
  readonly node: RuleNode | ChainNode | ChainCommandNode | null;
  /** `-t`, or null. */
  readonly table: string | null;
  /** False where part of it could not be read. */
  readonly whole: boolean;
  readonly span: Span;
}

/** A chain that bears the name of a target: from its declaration to the end of its table -j leads to it. */
export interface HidingChain extends Span {
  readonly name: string;
}

/** What the words behind `-A CHAIN` mean. */
export type RuleMeaning = Pick<RuleNode, 'matches' | 'target' | 'whole'>;

const noWords: readonly string[] = [];

/**
 * Built-in options that iptables reads by the last word it took, not by getopt's argument (xshared.c, do_parse: argv[optind - 1]): glued to its
 * flag (`-s192.0.2.1`, `--source=192.0.2.1`) the value is the whole word, flag included.
 */
const readByWord: ReadonlyMap<string, string> = new Map([
  ['source', 'an address'],
  ['destination', 'an address'],
  ['inInterface', 'the name of an interface'],
  ['outInterface', 'the name of an interface'],
  ['protocol', 'the name of a protocol'],
]);

/** Options whose presence in a line of a restored file is refused (iptables-restore takes them on its own command line). */
const refusedInRestore = new Set([
  '-t',
  '--table',
  '-w',
  '--wait',
  '-W',
  '--wait-interval',
  '-n',
  '--numeric',
  '-x',
  '--exact',
  '--line-numbers',
  '-h',
  '--help',
  '-V',
  '--version',
]);

/** Those of them that -L takes there, too. */
const forListing = new Set(['-n', '--numeric', '-x', '--exact', '--line-numbers']);

/** Options that end the program there. */
const endingFlags = new Set(['-h', '--help', '-V', '--version']);

/** What binding needs of a spec, worked out once. */
interface SpecFacts {
  readonly flags: ReadonlyMap<string, KnownOption>;
  readonly required: readonly string[];
  readonly related: readonly { readonly key: string; readonly excludes: readonly string[]; readonly needs: readonly string[] }[];
  /** Has something to say of all options together. */
  readonly asksWhole: boolean;
  /** Nothing to look at. */
  readonly plain: boolean;
}

const factsOfSpecs = new WeakMap<MatchSpec | TargetSpec, SpecFacts>();
const factsOf = (spec: MatchSpec | TargetSpec): SpecFacts => {
  let facts = factsOfSpecs.get(spec);
  if (!facts) {
    const entries = Object.entries(spec.options);
    const required = entries.filter(([, option]) => option.required).map(([key]) => key);
    const related = entries
      .filter(([, option]) => option.excludes || option.needs)
      .map(([key, option]) => ({ key, excludes: option.excludes ?? [], needs: option.needs ?? [] }));
    const asksWhole = Boolean(spec.check || spec.protocolsFor || (spec.kind === 'target' && spec.checkRule));
    const plain = required.length === 0 && related.length === 0 && !asksWhole && !spec.protocols && !spec.families;
    facts = { flags: flagsOf(spec), required, related, asksWhole, plain };
    factsOfSpecs.set(spec, facts);
  }
  return facts;
};

const hasOption = (options: readonly OptionNode[], key: string): boolean => {
  for (let i = 0; i < options.length; i++) if (options[i]!.key === key) return true;
  return false;
};

/** What a use is called in complaints. */
const nameOf = (use: OpenMatch | OpenTarget): string =>
  use.kind === 'target' ? `-j ${use.name}` : use.name === '' ? 'the rule' : `-m ${use.name}`;

/** Binds one line after the other; reused for a whole document. */
export class RuleBinder {
  private readonly text: string;
  private readonly store: WordStore;
  private readonly problems: Problem[];
  private readonly variables: ReadonlyMap<string, string>;
  private readonly hiding: readonly HidingChain[];
  private family: Family = 4;
  private plainContext: ValueContext = { family: 4, negated: false };
  private negatedContext: ValueContext = { family: 4, negated: true };

  private start = 0;
  private end = 0;
  private inScript = false;
  private counters: CountersNode | null = null;
  private command: Command | null = null;
  private commandWords: readonly string[] = noWords;
  private commandSpan: Span | null = null;
  private chain = '';
  private chainSpan: Span = { start: 0, end: 0 };
  private table: string | null = null;
  private basics: OpenMatch | null = null;
  private matches: OpenMatch[] = [];
  private target: OpenTarget | null = null;
  /** Extensions named so far, oldest first, and beside each what its spec says. */
  private readonly named: (OpenMatch | OpenTarget)[] = [];
  private readonly namedFacts: (SpecFacts | null)[] = [];
  /** The word `!` that awaits its option; -1: none. */
  private bang = -1;
  private whole = true;
  private bangsTold = false;
  private strayTold = false;
  private lostFrom = Number.POSITIVE_INFINITY;
  /** `--` stood: nothing may follow. */
  private ended = false;
  /** The line is refused whatever else it holds: its other faults are not told. */
  private isLost = false;
  /** It is for the other family: iptables-restore reads no further and loads nothing. */
  private isPassedOver = false;
  /** `-s !`: the option whose value comes as a stray word, or is the "!" itself. */
  private awaiting: {
    readonly owner: OpenMatch | OpenTarget;
    readonly known: KnownOption;
    readonly start: number;
    readonly end: number;
    readonly flag: string;
  } | null = null;

  /** The last value that could not be read: how it is read, where it ends, and which of the problems tells of it. */
  private faulty: { readonly spec: KnownOption['spec']; readonly negated: boolean; readonly end: number; readonly problem: number } | null =
    null;

  /** Problems found while binding are pushed onto `problems`. */
  constructor(text: string, store: WordStore, problems: Problem[], variables: ReadonlyMap<string, string>, hiding: readonly HidingChain[]) {
    this.hiding = hiding;
    this.text = text;
    this.store = store;
    this.problems = problems;
    this.variables = variables;
  }

  /** Binds the words from one index up to another: one line. */
  bind(from: number, to: number, family: Family): BoundLine {
    this.begin(family);
    return this.finish(this.take(from, to));
  }

  /** Takes the words one by one; the end of what follows the command in a script, or 0. */
  private take(from: number, to: number): number {
    const { store } = this;
    let restEnd = 0;
    for (let at = from; at < to; at++) {
      const kind = store.kind(at);
      if (kind === Kind.option) {
        let end = at + 1;
        while (end < to && store.kind(end) === Kind.value) end++;
        this.option(at, end);
        at = end - 1;
      } else if (kind === Kind.bang) this.negation(at);
      else if (kind === Kind.stray || kind === Kind.value) this.stray(at);
      else {
        this.cover(at);
        if (kind === Kind.counters) this.counters = readCounters(this.image(at), store.start(at));
        else if (kind === Kind.program) this.inScript = true;
        else restEnd = store.end(at);
      }
    }
    return restEnd;
  }

  /**
   * Binds a rule that begins with `-A CHAIN`, given the words behind the chain's name: the way of nearly all rules, so what it need not make
   * (nodes and spans that the rule's words tell anyway) it does not make.
   */
  bindAppended(from: number, to: number, family: Family): RuleMeaning {
    this.begin(family);
    this.command = 'append';
    this.start = this.end = from < to ? this.store.start(from) : 0;
    this.take(from, to);
    this.complainOfEnds();
    this.checkUses();
    return { matches: this.matches, target: this.target, whole: this.whole };
  }

  private begin(family: Family): void {
    if (this.family !== family) {
      this.family = family;
      this.plainContext = { family, negated: false };
      this.negatedContext = { family, negated: true };
    }
    this.start = -1;
    this.end = 0;
    this.inScript = false;
    this.counters = null;
    this.command = null;
    this.commandWords = noWords;
    this.chain = '';
    this.table = null;
    this.basics = null;
    this.matches = [];
    this.target = null;
    this.named.length = 0;
    this.namedFacts.length = 0;
    this.bang = -1;
    this.whole = true;
    this.bangsTold = false;
    this.strayTold = false;
    this.lostFrom = Number.POSITIVE_INFINITY;
    this.ended = false;
    this.isLost = false;
    this.awaiting = null;
    this.faulty = null;
    this.isPassedOver = false;
  }

  private negation(bang: number): void {
    this.cover(bang);
    if (this.isPassedOver) return;
    if (this.bang >= 0 && !this.bangsTold) {
      this.bangsTold = true;
      this.complain('syntax-error', bang, 'two "!" stand one behind the other');
    }
    this.bang = bang;
  }

  private stray(word: number): void {
    this.cover(word);
    if (this.isLost || this.isPassedOver) return;
    if (this.ended) return this.complainBehindEnd(word);
    if (this.awaiting) {
      const { owner, known, start, flag } = this.awaiting;
      this.awaiting = null;
      this.complainOfBang(flag, start, this.store.end(word));
      this.addOption(owner, known, flag, true, [this.word(word)], start, this.store.end(word));
      return;
    }
    this.whole = false;
    // One finding a line: what follows the first stray word is as lost as it is.
    if (this.strayTold) return;
    this.strayTold = true;
    this.loseFrom(this.store.start(word));
    const text = this.word(word);
    // The value before it, which a comma ends, is told already.
    const { end } = this.before(word);
    if (this.text[end - 1] === ',' && this.problems.at(-1)?.end === end) return;
    if (this.isCutOff(text, end)) return;
    if (text.startsWith('#'))
      this.complain(
        'syntax-error',
        word,
        'a comment cannot stand behind a rule: iptables-restore takes it for an option',
        'put it on a line of its own, or use -m comment',
      );
    else
      this.complain(
        'syntax-error',
        word,
        `"${clip(text)}" stands where an option such as -p, -m or -j is expected`,
        this.hintFor(text, word),
      );
  }

  /** Whether a word and the value before it, which was told of, are one value that a blank cut in two: it is then told so. */
  private isCutOff(word: string, behind: number): boolean {
    const { faulty } = this;
    if (faulty?.end !== behind || faulty.spec.value.arity !== 1) return false;
    const problem = this.problems[faulty.problem];
    if (problem?.end !== behind) return false;
    const joined = this.text.slice(problem.start, behind) + word;
    // What begins as a number and goes on with letters is the name of a host at best.
    if (
      /["']|^\d.*[g-z]/i.test(joined) ||
      faulty.spec.value.parse([joined], faulty.negated ? this.negatedContext : this.plainContext) instanceof Fault
    )
      return false;
    this.problems[faulty.problem] = { ...problem, help: `a blank ends a value: write ${clip(joined)}` };
    return true;
  }

  private option(flag: number, to: number): void {
    this.cover(flag);
    this.end = Math.max(this.end, this.store.end(to - 1));
    const image = this.word(flag);
    if (!isFlag(image)) {
      this.stray(flag);
      return;
    }
    this.flag(image, flag, to);
  }

  /** An option by its flag, which may be part of a word (`-fv`). */
  private flag(image: string, flag: number, to: number): void {
    // Its command may stand behind -6: the line is told by it.
    if (this.isPassedOver && (this.command || roles.get(image)?.kind !== 'command')) return;
    if (this.awaiting) this.settleAwaiting();
    if (this.ended) return this.complainBehindEnd(flag);
    const negated = this.bang >= 0;
    const start = this.store.start(negated ? this.bang : flag);
    this.bang = -1;

    const role = roles.get(image);
    if (role) return this.mainOption(role, image, flag, to, negated, start);
    const known = builtInFlags.get(image);
    if (known) return this.addOption(this.openBasics(start), known, image, negated, this.words(flag + 1, to), start, this.end, flag + 1);
    for (let i = this.named.length - 1; i >= 0; i--) {
      const owner = this.named[i]!;
      const option = this.namedFacts[i]?.flags.get(image);
      if (option) return this.addOption(owner, option, image, negated, this.words(flag + 1, to), start, this.end, flag + 1);
    }
    this.unusualOption(image, flag, to, negated, start);
  }

  private complainOfEnds(): void {
    if (this.bang >= 0) {
      this.whole = false;
      this.complain('syntax-error', this.bang, 'no option follows the "!"');
    }
    if (this.awaiting) this.settleAwaiting();
  }

  /** `-i !` with nothing behind it: the "!" is the value, if the option takes such a one. */
  private settleAwaiting(): void {
    const { owner, known, start, end, flag } = this.awaiting!;
    this.awaiting = null;
    const { key, spec } = known;
    const value = spec.value.parse(['!'], this.plainContext);
    if (value instanceof Fault) {
      this.complainOfBang(flag, start, end);
      this.whole = false;
      return;
    }
    this.problems.push({ code: 'bad-negation', severity: 'warning', start, end, message: `the "!" behind ${flag} is taken for its value` });
    owner.options.push({ kind: 'option', start, end, key, spec, negated: false, value, words: noWords });
  }

  private complainOfBang(flag: string, start: number, end: number): void {
    this.complainAt('bad-negation', start, end, `the "!" must stand before ${flag}, not behind it`, `write ! ${flag} ...`);
  }

  private complainBehindEnd(word: number): void {
    this.whole = false;
    if (this.strayTold) return;
    this.strayTold = true;
    this.complain('syntax-error', word, 'nothing can stand behind "--", which ends the options');
  }

  private finish(end: number): BoundLine {
    this.complainOfEnds();
    const lineEnd = Math.max(end, this.end);
    const node = this.node(lineEnd);
    return { node, table: this.table, whole: this.whole, span: { start: this.start, end: lineEnd } };
  }

  private node(end: number): BoundLine['node'] {
    const { start, command } = this;
    switch (command) {
      case 'append':
      case 'insert':
      case 'delete':
      case 'replace':
      case 'check': {
        this.checkUses();
        const [, number] = this.commandWords;
        const position = number === undefined ? null : readInteger(number) || null;
        if (number !== undefined && position === null) {
          this.whole = false;
          this.complainAt('syntax-error', this.commandSpan!.start, this.commandSpan!.end, `"${clip(number)}" is not a rule number`);
        } else if (command === 'replace' && position === null) {
          this.whole = false;
          this.complainAt('syntax-error', this.commandSpan!.start, this.commandSpan!.end, '-R wants a chain and a rule number');
        } else if (command === 'delete' && position !== null && (this.matches.length > 0 || this.target)) {
          this.whole = false;
          this.complainAt('syntax-error', start, end, '-D takes a rule number or a rule, not both');
        }
        return {
          kind: 'rule',
          start,
          end,
          command,
          position,
          chain: this.chain,
          chainSpan: this.chainSpan,
          counters: this.counters,
          matches: this.matches,
          target: this.target,
          whole: this.whole,
        };
      }
      case 'new':
      case 'policy': {
        this.complainOfRule();
        if (command === 'new') this.complainOfCounters();
        const policy = command === 'policy' ? (this.commandWords[1] ?? '') : null;
        return {
          kind: 'chain',
          start,
          end,
          name: this.chain,
          nameSpan: this.chainSpan,
          policy,
          counters: command === 'new' ? null : this.counters,
          form: command === 'new' ? '-N' : '-P',
        };
      }
      case 'flush':
      case 'delete-chain':
      case 'zero':
      case 'rename':
        this.complainOfRule();
        this.complainOfCounters();
        return this.chainCommand(command, end);
      case 'list':
        // In a script it finds what the kernel holds, and changes nothing.
        return this.inScript || this.commandWords.length === 0 ? null : this.chainCommand(command, end);
      case null:
        if (this.whole && (!this.inScript || this.named.length > 0 || this.basics))
          this.complainAt('syntax-error', start, end, 'the line names no command such as -A or -I');
        this.whole = false;
        return null;
    }
  }

  private chainCommand(command: ChainCommandNode['command'], end: number): ChainCommandNode {
    const [chain = null, second] = this.commandWords;
    const isNumbered = command === 'zero' || command === 'list';
    const position = isNumbered && second !== undefined ? readInteger(second) || null : null;
    if (isNumbered && second !== undefined && position === null && this.whole) {
      this.whole = false;
      this.complainAt('syntax-error', this.commandSpan!.start, this.commandSpan!.end, `"${clip(second)}" is not a rule number`);
    }
    return { kind: 'chain-command', start: this.start, end, command, chain, position, to: command === 'rename' ? (second ?? null) : null };
  }

  /** Counters before a command that takes none. */
  private complainOfCounters(): void {
    if (!this.counters || this.text[this.counters.start] !== '[') return;
    this.problems.push({
      code: 'syntax-error',
      severity: 'warning',
      start: this.counters.start,
      end: this.counters.end,
      message: 'the counters count for nothing here: iptables-restore passes over them, and with --counters refuses the line',
    });
  }

  /** Conditions and a target beside a command that takes a chain alone. */
  private complainOfRule(): void {
    // A match alone is passed over.
    const use = this.basics ?? this.target;
    if (!use || !this.commandSpan) return;
    const flag = this.text.slice(this.commandSpan.start, this.commandSpan.end).split(/\s/, 1)[0]!;
    this.complainAt('syntax-error', use.start, use.end, `${flag} takes no conditions and no target`);
  }

  private mainOption(
    role: Role,
    flag: string,
    token: number,
    to: number,
    negated: boolean,
    start: number,
    glued?: readonly string[],
  ): void {
    const endsProgram = endingFlags.has(flag);
    if (negated && role.kind !== 'ignored' && !endsProgram)
      this.complainAt('bad-negation', start, this.end, `"!" cannot stand before ${flag}`);
    if (!this.inScript && refusedInRestore.has(flag) && !(this.command === 'list' && forListing.has(flag) && this.isListing())) {
      this.complainAt('syntax-error', start, this.end, `${flag} cannot stand in a line that iptables-restore reads`);
      // -h and -V end the program there: what else the line holds is of no account.
      if (endsProgram) this.isLost = true;
      if (role.kind === 'command' && this.command) return;
    }
    const words = glued ?? this.words(token + 1, to);
    switch (role.kind) {
      case 'ignored':
        return;
      case 'table':
        this.table = words[0] ?? null;
        return;
      case 'counters': {
        const before = this.counters;
        if (before && this.text[before.start] !== '[') this.complainAt('repeated-option', start, this.end, `${flag} is given twice`);
        // `-c 1 2` or `-c 1,2`.
        const [packets = '', bytes = ''] = words.length === 1 ? words[0]!.split(',') : words;
        if (/^\d+$/.test(packets) && /^\d+$/.test(bytes))
          this.counters = { packets: counted(packets), bytes: counted(bytes), start, end: this.end };
        else this.complainAt('bad-value', start, this.end, `${flag} wants two numbers: packets and bytes`);
        return;
      }
      case 'match':
        return this.nameMatch(flag, words[0], token, start);
      case 'jump':
      case 'goto':
        return this.nameTarget(role.kind === 'goto', flag, words[0], token, start);
      case 'command': {
        // -L and -Z go together: the counters are shown, then cleared.
        if (this.command === 'list' && role.command === 'zero') {
          this.command = 'zero';
          return;
        }
        if (this.command === 'zero' && role.command === 'list' && words.length === 0) return;
        if (this.command) {
          this.whole = false;
          return this.complainAt('syntax-error', start, this.end, `${flag} cannot stand beside another command`);
        }
        if (words[0] !== undefined && isPlaceholder(words[0])) {
          this.whole = false;
          return this.complainOfPlaceholder(this.store.start(glued ? token : token + 1), this.end);
        }
        this.command = role.command;
        this.commandWords = words;
        this.commandSpan = { start, end: this.end };
        const wantsChain = !['flush', 'delete-chain', 'zero', 'list'].includes(role.command);
        if (words[0] !== undefined) {
          this.chain = words[0];
          this.chainSpan = this.spanOf(glued ? token : token + 1);
        } else if (wantsChain) {
          this.whole = false;
          this.complainAt('syntax-error', start, this.end, `${flag} wants the name of a chain`);
          return;
        }
        const most = mostWords[role.command];
        if (words.length > most) {
          this.whole = false;
          this.complainAt(
            'syntax-error',
            start,
            this.end,
            `"${clip(words[most]!)}" stands where an option such as -p, -m or -j is expected`,
          );
        } else if (role.command === 'rename' && words.length < 2) {
          this.whole = false;
          this.complainAt('syntax-error', start, this.end, `${flag} wants the name of a chain and a new one`);
        } else if (role.command === 'new' && (/^[-!]/.test(words[0]!) || /\s/.test(words[0]!))) {
          this.whole = false;
          this.complainAt('syntax-error', start, this.end, `"${clip(words[0]!)}" cannot be the name of a chain`);
        }
        return;
      }
    }
  }

  /** Told by -L, not by -S. */
  private isListing(): boolean {
    return /^(?:-L|--li?s?t?)(?:[\s]|$)/.test(this.text.slice(this.commandSpan!.start, this.commandSpan!.end));
  }

  /** One finding a line, whose other words are told once it is filled in. */
  private complainOfPlaceholder(start: number, end: number): void {
    const help = this.inScript ? 'run the script, and lint what iptables-save prints' : 'lint what the template renders to';
    this.complainAt('bad-value', start, end, 'this is still to be filled in: what it stands for is not known here', help);
    this.loseFrom(start);
  }

  private nameMatch(flag: string, name: string | undefined, token: number, start: number): void {
    if (name === undefined || name === '' || name.startsWith('--')) {
      this.whole = false;
      this.complain(
        'syntax-error',
        name === '' ? token + 1 : token,
        name === '' ? 'the name of the match is empty' : `${flag} wants the name of a match`,
      );
      return this.loseFrom(start);
    }
    const spec = findMatch(name) ?? null;
    const match: OpenMatch = { kind: 'match', start, end: this.end, name, spec, implied: false, options: [] };
    this.matches.push(match);
    this.name(match);
  }

  private nameTarget(goto: boolean, flag: string, name: string | undefined, token: number, start: number): void {
    if (name === undefined || name === '') {
      this.whole = false;
      return this.complain(
        'syntax-error',
        name === '' ? token + 1 : token,
        name === '' ? 'the name of the target is empty' : `${flag} wants the name of a target or chain`,
      );
    }
    if (isPlaceholder(name)) {
      this.whole = false;
      return this.complainOfPlaceholder(this.store.start(token + 1), this.end);
    }
    if (this.target) {
      this.whole = false;
      return this.complainAt('syntax-error', start, this.end, 'a rule can have one target only');
    }
    const isHidden = this.hiding.length > 0 && this.hiding.some((chain) => chain.name === name && chain.start < start && start < chain.end);
    const spec = isHidden ? null : (findTarget(name) ?? null);
    this.target = {
      kind: 'target',
      start,
      end: this.end,
      name,
      nameSpan: this.spanOf(Math.min(token + 1, this.store.count - 1)),
      goto,
      isHidden,
      spec: goto ? null : spec,
      options: [],
    };
    this.name(this.target);
  }

  private name(use: OpenMatch | OpenTarget): void {
    this.named.push(use);
    this.namedFacts.push(use.spec && factsOf(use.spec));
  }

  /** `-p` names a protocol whose match extension knows the flag. */
  private implyMatch(flag: string, start: number): { readonly owner: OpenMatch; readonly option: KnownOption } | null {
    const protocol = this.basics?.options.find((option) => option.key === 'protocol' && option.spec);
    const name = protocol && impliedMatch[protocol.value as number];
    const spec = name === undefined ? undefined : findMatch(name);
    if (!spec || (spec.families && !spec.families.includes(this.family)) || this.matches.some((match) => match.spec === spec)) return null;
    if (spec.name === 'mh' && !/[\s"]mh"?$/i.test(this.text.slice(protocol!.start, protocol!.end))) return null;
    const flags = flagsOf(spec);
    const candidates = flags.has(flag) ? [flag] : abbreviated(flag, flags.keys());
    const option = onlyOne(candidates, flags);
    if (!option) return null;
    const owner: OpenMatch = { kind: 'match', start, end: this.end, name: spec.name, spec, implied: true, options: [] };
    this.matches.push(owner);
    this.name(owner);
    return { owner, option };
  }

  /** Implied matches, abbreviations, `--flag=value`, `-ptcp`, options of unknown extensions, unknown options. */
  private unusualOption(image: string, flag: number, to: number, negated: boolean, start: number): void {
    const words = this.words(flag + 1, to);
    const equals = image.indexOf('=');
    if (image.startsWith('--') && equals > 0)
      return this.glued(image.slice(0, equals), image.slice(equals + 1), flag, words, negated, start);
    if (image === '--') {
      this.ended = true;
      if (to > flag + 1) this.complainBehindEnd(flag + 1);
      return;
    }
    if (!image.startsWith('--') && image.length > 2) {
      if (isLongFlag(`-${image}`)) return this.complainOfOneDash(image, flag);
      const letter = image.slice(0, 2);
      // `-fv`: of several letters in one word the last may have a value.
      if (arityOf(letter).max === 0) {
        this.letter(letter, negated, start);
        return this.flag(`-${image.slice(2)}`, flag, to);
      }
      if (roles.has(letter) || builtInFlags.has(letter)) return this.glued(letter, image.slice(2), flag, words, negated, start);
    }

    const meant = this.spelledOut(image);
    if (meant.length > 1) return this.complainOfShort(image, meant, flag);
    const [only] = meant;
    if (only?.role) return this.mainOption(only.role, only.flag, flag, to, negated, start);
    if (only)
      return this.addOption(only.owner ?? this.openBasics(start), only.option, only.flag, negated, words, start, this.end, flag + 1);
    const implied = this.implyMatch(image, start);
    if (implied) return this.addOption(implied.owner, implied.option, image, negated, words, start, this.end, flag + 1);

    // An option behind an extension that the catalogue does not know is taken to be its own, word for word.
    const unknown = this.named.findLast((owner) => owner.spec === null && !(owner.kind === 'target' && (owner.goto || owner.isHidden)));
    if (unknown) {
      unknown.options.push({ kind: 'option', start, end: this.end, key: image, spec: null, negated, value: undefined, words });
      unknown.end = Math.max(unknown.end, this.end);
      return;
    }
    this.whole = false;
    if (this.target?.isHidden)
      return this.complain(
        'unknown-option',
        flag,
        `${image} is not an option here: ${this.target.name} is a chain of this table, and -j leads to it`,
        'give the chain another name',
      );
    const owners = matchSpecs.filter((spec) => flagsOf(spec).has(image)).map((spec) => spec.name);
    const owner = owners[0];
    // The protocol that brings the option along could not be read: that is told already.
    if (owner !== undefined && this.basics?.options.some(({ key, spec }) => key === 'protocol' && spec === null)) return;
    const near = owner === undefined ? suggest(image, allFlags()) : undefined;
    this.complain(
      'unknown-option',
      flag,
      `${image} is not an option of iptables${this.named.length > 0 ? ' or of the extensions named before it' : ''}`,
      owner !== undefined
        ? bringOption(owners)
        : /^-[JM]$/.test(image)
          ? `did you mean ${image.toLowerCase()}?`
          : near !== undefined
            ? `did you mean ${near}?`
            : undefined,
    );
  }

  /** `-dport 22`: getopt takes the letter for the option and what is behind it for its value. */
  private complainOfOneDash(image: string, flag: number): void {
    this.whole = false;
    this.complain(
      'unknown-option',
      flag,
      `${image} has one dash: iptables reads it as ${image.slice(0, 2)} ${image.slice(2)}`,
      `did you mean -${image}?`,
    );
    this.strayTold = true;
    this.loseFrom(this.store.start(flag) + 1);
  }

  /** The options that a long flag may be short for, one of those that say the same: getopt_long takes it where there is but one. */
  private spelledOut(stem: string): readonly Meant[] {
    if (!stem.startsWith('--') || stem.length === 2) return [];
    const meant = new Map<Role | KnownOption['spec'], Meant>();
    for (const flag of abbreviated(stem, mainFlags)) {
      const role = roles.get(flag);
      const option = builtInFlags.get(flag);
      if (role) meant.set(role, { flag, role });
      else if (option) meant.set(option.spec, { flag, option });
    }
    for (const owner of this.named)
      if (owner.spec)
        for (const [flag, option] of flagsOf(owner.spec)) if (flag.startsWith(stem)) meant.set(option.spec, { flag, owner, option });
    return [...meant.values()];
  }

  private complainOfShort(stem: string, meant: readonly Meant[], word: number): void {
    this.whole = false;
    this.complain('unknown-option', word, `${stem} is short for several options: ${meant.map(({ flag }) => flag).join(', ')}`);
  }

  private gluedMain(role: Role, name: string, value: string, word: number, more: readonly string[], negated: boolean, start: number): void {
    if (role.kind === 'jump')
      this.complainAt(
        'bad-value',
        start,
        this.end,
        `${clip(this.word(word))}: iptables reads the whole word as the name of a target`,
        `write ${name} ${clip(value)}`,
      );
    this.mainOption(role, name, word, word + 1, negated, start, [value, ...more]);
  }

  private gluedBasic(
    known: KnownOption,
    name: string,
    value: string,
    word: number,
    more: readonly string[],
    negated: boolean,
    start: number,
  ): void {
    const what = readByWord.get(known.key);
    const image = this.word(word);
    // The whole word passes for the name of an interface, or stands before a mask of zeros: then the line loads, and does not mean what it says.
    const isTaken = what !== undefined && !(known.spec.value.parse([image], this.plainContext) instanceof Fault);
    if (what !== undefined)
      this.problems.push({
        code: 'bad-value',
        severity: isTaken ? 'warning' : 'error',
        start,
        end: this.end,
        message: `${clip(image)}: iptables reads the whole word as ${what}`,
        help: `write ${name} ${clip(value)}`,
      });
    const words = [isTaken ? image : value, ...more];
    this.addOption(this.openBasics(start), known, name, negated, words, start, this.end);
  }

  /** A letter without a value that stands in one word with others. */
  private letter(image: string, negated: boolean, start: number): void {
    const role = roles.get(image);
    if (role) return this.mainOption(role, image, 0, 0, negated, start, noWords);
    const known = builtInFlags.get(image);
    if (known) this.addOption(this.openBasics(start), known, image, negated, noWords, start, this.end);
  }

  /** `--dport=80`, `-ptcp`: as if the value stood apart. */
  private glued(name: string, value: string, flag: number, more: readonly string[], negated: boolean, start: number): void {
    const role = roles.get(name);
    if (role) return this.gluedMain(role, name, value, flag, more, negated, start);
    const words = [value, ...more];
    const basic = builtInFlags.get(name);
    if (basic) return this.gluedBasic(basic, name, value, flag, more, negated, start);
    const exact = this.named.findLast(({ spec }) => spec && flagsOf(spec).has(name));
    const meant = exact ? [{ flag: name, owner: exact, option: flagsOf(exact.spec!).get(name)! }] : this.spelledOut(name);
    if (meant.length > 1) return this.complainOfShort(name, meant, flag);
    const only: Meant | undefined = meant[0];
    if (only?.role) return this.gluedMain(only.role, only.flag, value, flag, more, negated, start);
    if (only && !only.owner) return this.gluedBasic(only.option, only.flag, value, flag, more, negated, start);
    // An option that may do without a value looks for it in the next word alone (--rateest-bps).
    if (only && !only.option.spec.value.optional) return this.addOption(only.owner!, only.option, name, negated, words, start, this.end);
    const implied = only ? null : this.implyMatch(name, start);
    if (implied) return this.addOption(implied.owner, implied.option, name, negated, words, start, this.end);
    this.whole = false;
    const near = suggest(name, allFlags());
    this.complain('unknown-option', flag, `${name} is not an option of iptables`, near !== undefined ? `did you mean ${near}?` : undefined);
  }

  private addOption(
    owner: OpenMatch | OpenTarget,
    known: KnownOption,
    flag: string,
    negated: boolean,
    words: readonly string[],
    start: number,
    end: number,
    value = -1,
  ): void {
    const { key, spec } = known;
    if (end > owner.end) owner.end = end;
    if (start < owner.start) owner.start = start;
    const { arity } = spec.value;
    if (arity > 0 && words[0] === '!' && spec.negatable && !negated) {
      if (arity === 1) this.awaiting = { owner, known, start, end, flag };
      else {
        this.complainOfBang(flag, start, end);
        this.whole = false;
        this.strayTold = true;
      }
      return;
    }
    if (words.length > arity) {
      this.whole = false;
      this.complainAt('syntax-error', start, end, `"${clip(words[arity]!)}" stands where an option such as -p, -m or -j is expected`);
    }
    let unread = false;
    if (negated && !spec.negatable) {
      unread = true;
      this.complainAt('bad-negation', start, end, `"!" cannot stand before ${flag}`);
    }
    if (spec.families && !spec.families.includes(this.family))
      this.complainAt('wrong-family', start, end, `${programName(this.family)} has no option ${flag}`);
    if (!spec.repeatable && owner.options.length > 0 && hasOption(owner.options, key)) {
      this.complainAt('repeated-option', start, end, `${flag} is given twice`);
      // The later one counts nowhere: the rule is refused. Keep the first for meaning.
      return;
    }
    let parsed: unknown;
    if (words.length < arity && !(spec.value.optional && words.length === 0)) {
      unread = true;
      this.complainAt('bad-value', start, end, `${flag} wants ${spec.value.expects}`);
    } else {
      parsed = spec.value.parse(words, negated ? this.negatedContext : this.plainContext);
      // A shell's interface is some interface, not one of that name.
      if (parsed instanceof Fault || (this.inScript && key.endsWith('Interface') && isPlaceholder(words[0]!))) {
        unread = true;
        const from = value >= 0 && value < this.store.count && this.store.start(value) < end ? this.store.start(value) : start;
        if (words.some(isPlaceholder)) this.complainOfPlaceholder(from, end);
        else if (isKnownFlag(words[0]!)) {
          this.complainAt('bad-value', start, end, `${flag} wants ${spec.value.expects}, and ${words[0]} stands there`);
          this.whole = false;
          this.loseFrom(start);
        } else if (parsed instanceof Fault) {
          const { message, misspelt, instead } = parsed;
          const near = misspelt && nearName(misspelt);
          const help = instead ?? (near === undefined ? `it wants ${spec.value.expects}` : `did you mean ${near}?`);
          this.complainAt('bad-value', from, end, `${flag}: ${message}`, help);
          this.faulty = { spec, negated, end, problem: this.problems.length - 1 };
        }
      }
    }
    if (parsed === mptcp && key === 'protocol')
      this.problems.push({
        code: 'bad-value',
        severity: 'warning',
        start,
        end,
        message: 'no packet is of the protocol mptcp: the legacy back end never matches it, and nft takes it for tcp',
        help: 'MPTCP is an option of TCP: write -p tcp -m tcp --tcp-option 30',
      });
    owner.options.push(
      unread
        ? { kind: 'option', start, end, key, spec: null, negated, value: undefined, words: [flag, ...words] }
        : { kind: 'option', start, end, key, spec, negated, value: parsed, words: noWords },
    );
    if (owner === this.basics && key === (this.family === 4 ? 'ipv6' : 'ipv4')) this.isPassedOver = true;
  }

  private openBasics(start: number): OpenMatch {
    if (this.basics) return this.basics;
    this.basics = { kind: 'match', start, end: this.end, name: '', spec: builtIn, implied: true, options: [] };
    this.matches.unshift(this.basics);
    return this.basics;
  }

  /** What a complete rule must satisfy, use by use. */
  private checkUses(): void {
    if (this.isLost) this.whole = false;
    // Of a line that could not be read whole nothing is known to be missing.
    if (!this.whole || this.isPassedOver) return;
    if (this.basics) this.checkLists(this.basics);
    for (const match of this.matches)
      if (match.spec) this.checkUse(match);
      else this.complainOfUnknown(match);
    if (this.target?.spec) this.checkUse(this.target);
  }

  /** A list of addresses makes several rules, among which no address may be negated. */
  private checkLists({ options }: OpenMatch): void {
    let isListed = false;
    let negated: OptionNode | null = null;
    for (const option of options) {
      if (option.key !== 'source' && option.key !== 'destination') continue;
      if (option.negated) {
        negated = option;
        if (isEverywhere(option.value))
          this.problems.push({
            code: 'bad-negation',
            severity: 'error',
            backend: 'nft',
            start: option.start,
            end: option.end,
            message: 'a "!" before every address leaves none',
          });
      } else if (Array.isArray(option.value) && option.value.length > 1) isListed = true;
    }
    if (isListed && negated)
      this.complainAt(
        'bad-negation',
        negated.start,
        negated.end,
        'no address can have a "!" in a rule with a list of addresses',
        'write one rule for each address',
      );
  }

  private checkUse(use: OpenMatch | OpenTarget): void {
    const spec = use.spec!;
    const facts = factsOf(spec);
    if (facts.plain) return;
    const { options } = use;
    if (spec.families && !spec.families.includes(this.family)) {
      this.complainAt('wrong-family', use.start, use.end, `${programName(this.family)} has no ${use.kind} "${use.name}"`);
      return;
    }
    for (const key of facts.required)
      if (!hasOption(options, key))
        this.complainAt('missing-option', use.start, use.end, `${nameOf(use)} wants ${spec.options[key]!.flag}`);
    for (const { key, excludes, needs } of facts.related) {
      if (!hasOption(options, key)) continue;
      const flag = spec.options[key]!.flag;
      // Told once for a pair, by the one of them that stands first in the table.
      for (const other of excludes)
        if (hasOption(options, other) && !(other < key && spec.options[other]!.excludes?.includes(key)))
          this.complainAt('option-conflict', use.start, use.end, `${flag} and ${spec.options[other]!.flag} cannot stand together`);
      if (needs.length > 0 && !needs.some((other) => hasOption(options, other)))
        this.complainAt(
          'missing-option',
          use.start,
          use.end,
          `${flag} wants ${needs.map((other) => spec.options[other]!.flag).join(' or ')} beside it`,
        );
    }
    if (facts.asksWhole) this.checkWhole(use);
    else if (spec.protocols) this.checkProtocol(use, spec.protocols);
  }

  /** Faults that the options show only together. */
  private checkWhole(use: OpenMatch | OpenTarget): void {
    const spec = use.spec!;
    const given = givenOf(spec, use.options);
    const context = meaningContext(this.family, use.options);
    if (given) this.complainOfFault(use, spec.check?.(given, context));
    if (given && use.kind === 'target') this.complainOfFault(use, use.spec?.checkRule?.(given, this.besides(), context));
    const protocols = (given && spec.protocolsFor?.(given, context)) || spec.protocols;
    if (protocols) this.checkProtocol(use, protocols);
  }

  private complainOfFault(use: OpenMatch | OpenTarget, fault: string | RuleFault | undefined): void {
    if (fault === undefined) return;
    const { message, backends = [] } = typeof fault === 'string' ? { message: fault } : fault;
    const [only, ...others] = backends;
    this.problems.push({
      code: 'option-conflict',
      severity: 'error',
      start: use.start,
      end: use.end,
      message: `${nameOf(use)}: ${message}`,
      ...(only && others.length === 0 ? { backend: only } : {}),
    });
  }

  /** The matches of the rule, as far as they could be read. */
  private besides(): BesideMatch[] {
    const found: BesideMatch[] = [];
    for (const match of this.matches) {
      const given = match.spec && givenOf(match.spec, match.options);
      if (given) found.push({ name: match.name, given });
    }
    return found;
  }

  private checkProtocol(use: OpenMatch | OpenTarget, protocols: readonly string[]): void {
    const option = this.basics?.options.find((candidate) => candidate.key === 'protocol');
    if (option && !option.spec) return; // unreadable: told already
    const given = option && (option.value as number) !== 0 ? protocolName(option.value as number) : undefined;
    const names = protocols.map((name) => (name === 'icmpv6' ? 'ipv6-icmp' : name === 'mh' ? 'mobility-header' : name));
    if (given !== undefined && names.includes(given)) {
      if (option!.negated) this.complainOfNegatedProtocol(use, protocols);
      const early =
        use.spec?.protocolBefore && use.options.find(({ key, start }) => use.spec!.protocolBefore!.includes(key) && start < option!.start);
      if (early)
        this.complainAt(
          'missing-protocol',
          early.start,
          early.end,
          `${early.spec?.flag ?? nameOf(use)} wants -p before it: it stands behind`,
        );
      return;
    }
    this.complainAt('missing-protocol', use.start, use.end, `${nameOf(use)} wants -p ${protocols.join(' or -p ')} before it`);
  }

  /** The kernel refuses `! -p tcp` with what needs TCP, where it is asked. Ports of NAT are looked at by the program alone, which passes over the "!". */
  private complainOfNegatedProtocol(use: OpenMatch | OpenTarget, protocols: readonly string[]): void {
    if (use.kind === 'target' && use.spec?.place?.tables?.includes('nat')) return;
    const given = use.kind === 'match' && use.spec ? givenOf(use.spec, use.options) : null;
    const isNative = given !== null && use.kind === 'match' && use.spec?.isNativeInNft?.(given) === true;
    this.problems.push({
      code: 'missing-protocol',
      severity: 'error',
      start: use.start,
      end: use.end,
      message: `${nameOf(use)} wants -p ${protocols.join(' or ')} without "!"`,
      ...(isNative ? { backend: 'legacy' } : {}),
    });
  }

  /** A match of no known name: one from outside, unless it can only be a slip, which is refused on every host. */
  private complainOfUnknown(match: OpenMatch): void {
    const { name, start, end } = match;
    const meant = meantMatch(match);
    if (meant !== undefined || !couldBeExtension(name))
      this.complainAt('bad-value', start, end, `there is no match "${clip(name)}"`, meant && `did you mean ${meant}?`);
    else {
      const near = nearestMatch(name);
      this.problems.push({
        code: 'unknown-extension',
        severity: 'info',
        start,
        end,
        message: `the match "${clip(name)}" is not one that iptables 1.8.9 has: what it asks is taken as unknown`,
        ...(near !== undefined ? { help: `did you mean ${near}?` } : {}),
      });
    }
  }

  /** What stands before a word in its line, blanks at the end left out, and where that ends. */
  private before(word: number): { readonly text: string; readonly end: number } {
    const start = this.store.start(word);
    const text = this.text.slice(start === 0 ? 0 : this.text.lastIndexOf('\n', start - 1) + 1, start);
    const kept = text.trimEnd();
    return { text: kept, end: start - text.length + kept.length };
  }

  private hintFor(word: string, at: number): string | undefined {
    if (isPlaceholder(word)) return 'this looks like a template: lint what it renders to';
    const [dashes] = /^[\u2010-\u2015\u2212]+/.exec(word) ?? [];
    if (dashes !== undefined) {
      const name = word.slice(dashes.length);
      return `its dash is one of word processors: write ${name.length > 1 ? '--' : '-'}${name}`;
    }
    const { text: before } = this.before(at);
    if (before.endsWith(',') || word.startsWith(',')) return 'a list has no blanks in it';
    if (/^-\d?/.test(word) && /\d$/.test(before)) return 'a range has no blanks in it';
    // A second port or address behind a first.
    const [, option, value] =
      /\s(-[sd]|--(?:[sd]|source-|destination-)ports?|--(?:src|dst|source|destination))\s+([\da-f.:/,]+)$/.exec(before) ?? [];
    if (option !== undefined && /^\d[\da-f.:/,]*$/.test(word))
      return option.endsWith('port')
        ? `for several ports write -m multiport with --${option.replace(/^--([sd]).*/, '$1')}ports ${clip(`${value},${word}`)}`
        : `a list has commas and no blanks: ${clip(`${value},${word}`)}`;
    const [, flag] = /\s(--(?:comment|log-prefix|nflog-prefix|ulog-prefix|string))\s+[^\s"']+$/.exec(before) ?? [];
    return flag === undefined ? undefined : `put the whole text behind ${flag} in quotes`;
  }

  private complain(code: string, word: number, message: string, help?: string): void {
    this.complainAt(code, this.store.start(word), this.store.end(word), message, help);
  }

  private complainAt(code: string, start: number, end: number, message: string, help?: string): void {
    if (start > this.lostFrom) return;
    this.problems.push({
      code,
      severity: 'error',
      start,
      end,
      message: onOneLine(message),
      ...(help !== undefined ? { help: onOneLine(help) } : {}),
    });
  }

  /** What stands behind a word that fits nowhere is read amiss: its faults are not told. */
  private loseFrom(start: number): void {
    this.lostFrom = Math.min(this.lostFrom, start);
  }

  private cover(word: number): void {
    if (this.start < 0) this.start = this.store.start(word);
    this.end = Math.max(this.end, this.store.end(word));
  }

  private spanOf(word: number): Span {
    return { start: this.store.start(word), end: this.store.end(word) };
  }

  private image(word: number): string {
    return this.text.slice(this.store.start(word), this.store.end(word));
  }

  private word(word: number): string {
    const image = this.image(word);
    if (this.inScript) return unquoteShell(image, this.variables);
    return wordAt(this.text, this.store.start(word), this.store.end(word));
  }

  /** Words of the store: `from` included, `to` not. */
  private words(from: number, to: number): readonly string[] {
    if (from === to) return noWords;
    if (to - from === 1) return [this.word(from)];
    const words: string[] = [];
    for (let at = from; at < to; at++) words.push(this.word(at));
    return words;
  }
}

const nearest = new Map<string, string | undefined>();
/** Remembered, for an unknown name often stands in every rule of a file. */
const nearestMatch = (name: string): string | undefined => {
  if (!nearest.has(name) && nearest.size < 1000)
    nearest.set(
      name,
      suggest(
        name,
        matchSpecs.map((spec) => spec.name),
      ),
    );
  return nearest.get(name);
};

/** What must stand before an option of these matches. Protocols bring theirs along; the common ones are named first. */
const bringOption = (owners: readonly string[]): string => {
  const protocols = Object.entries(impliedMatch).filter(([, name]) => owners.includes(name));
  if (protocols.length < owners.length)
    return `it belongs to ${owners.map((name) => `-m ${name}`).join(' or ')}, which must stand before it`;
  return `it wants ${protocols.map(([number]) => `-p ${protocolName(Number(number))}`).join(' or ')} before it`;
};

/** The name that a word is a slip for: two letters that changed places, or of three letters one may be wrong, of two none. */
const nearName = ({ word, among }: Misspelt): string | undefined => {
  for (const name of among) if (isSwapped(word, name)) return name;
  const near = suggest(word, among);
  return near !== undefined && lettersApart(word, near) <= Math.floor(word.length / 3) ? near : undefined;
};

/** A long option of iptables or of some extension. */
const isLongFlag = (word: string): boolean => roles.has(word) || builtInFlags.has(word) || allFlags().includes(word);

const isKnownFlag = (word: string): boolean => isFlag(word) && isLongFlag(word);

/** A message stands on one line, whatever it quotes. */
const onOneLine = (message: string): string => (message.includes('\n') ? message.replace(/\r?\n/g, '\\n') : message);

/** Every address: a mask of zeros. */
const isEverywhere = (value: unknown): boolean => {
  const [network] = Array.isArray(value) ? (value as readonly (Network | HostName)[]) : [];
  return network?.kind === 'network' && Number(network.mask) === 0;
};

/** What a template or a shell has still to fill in: `{{ address }}`, `$LAN`, `${LAN}`, `@LAN@`. */
const isPlaceholder = (word: string): boolean => /\{\{|\{%|\$[A-Za-z_{(]|^@\w+@/.test(word);

const isFlag = (word: string): boolean => word.charCodeAt(0) === 45 && word.length > 1;

const abbreviated = (stem: string, flags: Iterable<string>): string[] => {
  const found: string[] = [];
  if (stem.startsWith('--') && stem.length > 2) for (const flag of flags) if (flag.startsWith(stem)) found.push(flag);
  return found;
};

/** The option that all candidates spell, if they spell the same one. */
const onlyOne = (candidates: readonly string[], flags: ReadonlyMap<string, KnownOption>): KnownOption | null => {
  const first = candidates.length > 0 ? flags.get(candidates[0]!) : undefined;
  return first && candidates.every((candidate) => flags.get(candidate)!.key === first.key) ? first : null;
};

const clip = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text);

const most = 2n ** 64n - 1n;
/** As strtoull(3) reads it: what is too large is the largest. */
const counted = (digits: string): bigint => {
  const number = BigInt(digits);
  return number > most ? most : number;
};

/** `[packets:bytes]`; the closing bracket may be missing, as iptables-restore reads it with sscanf. */
export const readCounters = (image: string, start: number): CountersNode | null => {
  if (image === '[0:0]') return { packets: 0n, bytes: 0n, start, end: start + image.length };
  const found = /^\[(\d+):(\d+)\]?$/.exec(image);
  return found ? { packets: counted(found[1]!), bytes: counted(found[2]!), start, end: start + image.length } : null;
};
