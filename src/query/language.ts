/**
 * The language of queries: `tcp from 192.0.2.0/24 to 198.51.100.7 port 443 in FORWARD arriving on eth0`, `dropped and not logged`. Words of an
 * administrator, in any order; docs/query.md tells them with this grammar's EBNF. A text becomes an Ask, a condition on packets, where they are
 * and what becomes of them; a mistake points at its word.
 */
import { createToken, EmbeddedActionsParser, type IToken, Lexer, type TokenType } from 'chevrotain';
import {
  all,
  any,
  builtInChains,
  connectionStates,
  type Family,
  Fault,
  type Hook,
  highestAddress,
  hooks,
  inRange,
  inRanges,
  is,
  isHook,
  isTable,
  named,
  none,
  type Ordinal,
  type Predicate,
  parseAddress,
  portByService,
  prefixMask,
  protocolNumber,
  protocolsWithPorts,
  type Range,
  some,
  type TableName,
} from '../../grammar/index.js';
import { closest } from '../util/closest.js';
import { listed } from '../util/text.js';

/** What may become of a packet in a table. */
export type Fate = 'accepted' | 'dropped' | 'rejected' | 'queued';

/** Where a word stands in the text of a query. */
export interface Word {
  readonly text: string;
  readonly at: number;
}

/** A query, understood. */
export type Ask =
  | { readonly kind: 'all' | 'some'; readonly of: readonly Ask[] }
  | { readonly kind: 'not'; readonly of: Ask }
  /** Of a packet's fields; addresses mean something in one family only. */
  | { readonly kind: 'packet'; readonly predicate: (family: Family) => Predicate }
  | { readonly kind: 'in'; readonly table: TableName | null; readonly hook: Hook }
  | { readonly kind: 'fate'; readonly fates: readonly Fate[] }
  | { readonly kind: 'logged' }
  /** A rule on this line decides, or the policy (null). */
  | { readonly kind: 'decided'; readonly line: number | null; readonly word: Word }
  /** A rule on this line is met and matches. */
  | { readonly kind: 'matched'; readonly line: number; readonly word: Word };

/** A query that cannot be read, and the word that is to blame. */
export interface Misread {
  readonly message: string;
  readonly at: number;
  readonly length: number;
}

const Value = createToken({ name: 'Value', pattern: /[^\s(),]+/, label: 'a value' });
const words: TokenType[] = [];
const word = (name: string, pattern: RegExp, label = `"${name.toLowerCase()}"`): TokenType => {
  const token = createToken({ name, pattern, label, longer_alt: Value });
  words.push(token);
  return token;
};
const Space = createToken({ name: 'Space', pattern: /\s+/, group: Lexer.SKIPPED });
const Comma = createToken({ name: 'Comma', pattern: ',', label: '","' });
const Open = createToken({ name: 'Open', pattern: '(', label: '"("' });
const Close = createToken({ name: 'Close', pattern: ')', label: '")"' });
const And = word('And', /and/i);
const Or = word('Or', /or/i);
const Not = word('Not', /not/i);
const In = word('In', /in/i);
const From = word('From', /from/i);
const To = word('To', /to/i);
const Port = word('Port', /ports?/i, '"port"');
const Protocol = word('Protocol', /protocol/i);
const Arriving = word('Arriving', /arriving/i);
const Leaving = word('Leaving', /leaving/i);
const On = word('On', /on/i);
const By = word('By', /by/i);
const Line = word('Line', /line/i);
const Policy = word('Policy', /policy/i);
const Decided = word('Decided', /decided/i);
const Matched = word('Matched', /matched/i);
const Logged = word('Logged', /logged/i);
const FateWord = word('Fate', /accepted|dropped|rejected|queued|blocked/i, 'accepted, dropped, rejected, blocked or queued');
const State = word('State', /new|established|related|invalid|untracked/i, 'new, established, related, invalid or untracked');
/** All of the language's tokens. */
export const queryTokens: readonly TokenType[] = [Space, Comma, Open, Close, ...words, Value];

/** Words that may stand at the beginning of a condition, for did-you-mean. */
const vocabulary: readonly string[] = [
  'and or not in from to port ports protocol arriving leaving on by line policy decided matched logged',
  'accepted dropped rejected queued blocked new established related invalid untracked',
  'tcp udp icmp icmpv6 sctp dccp udplite gre esp ah igmp',
].flatMap((text) => text.split(' '));

const wordOf = ({ image, startOffset }: IToken): Word => ({ text: image, at: startOffset });

class Mistake extends Error {
  readonly misread: Misread;
  constructor(message: string, { text, at }: Word) {
    super(message);
    this.misread = { message, at, length: Math.max(1, text.length) };
  }
}

/** The grammar. Each production gives the part of the query that it reads. */
class QueryParser extends EmbeddedActionsParser {
  constructor() {
    super([...queryTokens], { maxLookahead: 1, recoveryEnabled: false });
    this.performSelfAnalysis();
  }

  /** `query = conditions { "or" conditions }` */
  readonly query = this.RULE('query', (): Ask => {
    const of = [this.SUBRULE(this.conditions)];
    this.MANY(() => {
      this.CONSUME(Or);
      of.push(this.SUBRULE1(this.conditions));
    });
    return of.length === 1 ? of[0]! : { kind: 'some', of };
  });

  /** `conditions = part { [ "and" ] part }` */
  private readonly conditions = this.RULE('conditions', (): Ask => {
    const of = [this.SUBRULE(this.part)];
    this.MANY(() => {
      this.OPTION(() => this.CONSUME(And));
      of.push(this.SUBRULE1(this.part));
    });
    return of.length === 1 ? of[0]! : { kind: 'all', of };
  });

  private readonly part = this.RULE(
    'part',
    (): Ask =>
      this.OR<Ask>([
        {
          ALT: (): Ask => {
            this.CONSUME(Not);
            return { kind: 'not', of: this.SUBRULE(this.part) };
          },
        },
        {
          ALT: () => {
            this.CONSUME(Open);
            const inner = this.SUBRULE(this.query);
            this.CONSUME(Close);
            return inner;
          },
        },
        { ALT: () => this.SUBRULE(this.place) },
        { ALT: () => this.SUBRULE(this.from) },
        { ALT: () => this.SUBRULE(this.to) },
        { ALT: () => this.SUBRULE(this.port) },
        { ALT: () => this.SUBRULE(this.protocol) },
        { ALT: () => this.SUBRULE(this.arriving) },
        { ALT: () => this.SUBRULE(this.leaving) },
        { ALT: () => this.SUBRULE(this.state) },
        { ALT: () => this.SUBRULE(this.fate) },
        { ALT: () => this.SUBRULE(this.logged) },
        { ALT: () => this.SUBRULE(this.decided) },
        { ALT: () => this.SUBRULE(this.matched) },
      ]),
  );

  private readonly values = this.RULE('values', (): IToken[] => {
    const list: IToken[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => list.push(this.CONSUME(Value)) });
    return list;
  });

  private readonly place = this.RULE('place', (): Ask => {
    this.CONSUME(In);
    const token = this.CONSUME(Value);
    return this.ACTION(() => placeOf(wordOf(token)));
  });

  private readonly from = this.RULE('from', (): Ask => {
    this.CONSUME(From);
    return this.SUBRULE(this.end, { ARGS: ['source'] });
  });

  private readonly to = this.RULE('to', (): Ask => {
    this.CONSUME(To);
    return this.SUBRULE(this.end, { ARGS: ['destination'] });
  });

  /** `end = values [ "port" values ] | "port" values` */
  private readonly end = this.RULE('end', (side: 'source' | 'destination' = 'source'): Ask => {
    let predicate: (family: Family) => Predicate = () => any;
    let ports: Predicate = any;
    this.OR([
      {
        ALT: () => {
          const list = this.SUBRULE(this.values);
          this.ACTION(() => {
            predicate = addressesOf(side, list.map(wordOf));
          });
          this.OPTION(() => {
            this.CONSUME(Port);
            const own = this.SUBRULE1(this.values);
            this.ACTION(() => {
              ports = portsOf(side, own.map(wordOf));
            });
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME1(Port);
          const own = this.SUBRULE2(this.values);
          this.ACTION(() => {
            ports = portsOf(side, own.map(wordOf));
          });
        },
      },
    ]);
    return { kind: 'packet', predicate: (family) => all(predicate(family), ports) };
  });

  private readonly port = this.RULE('port', (): Ask => {
    this.CONSUME(Port);
    const list = this.SUBRULE(this.values);
    return this.ACTION((): Ask => {
      const ports = portsOf('destination', list.map(wordOf));
      return { kind: 'packet', predicate: () => ports };
    });
  });

  private readonly protocol = this.RULE('protocol', (): Ask => {
    this.OPTION(() => this.CONSUME(Protocol));
    const list = this.SUBRULE(this.values);
    return this.ACTION(() => {
      const numbers = list.map((token) => protocolOf(wordOf(token)));
      return { kind: 'packet', predicate: () => some(...numbers.map((number) => is('protocol', number))) };
    });
  });

  private readonly arriving = this.RULE('arriving', (): Ask => {
    this.CONSUME(Arriving);
    this.OPTION(() => this.CONSUME(On));
    const list = this.SUBRULE(this.values);
    return this.ACTION(() => namesOf('inInterface', list.map(wordOf)));
  });

  private readonly leaving = this.RULE('leaving', (): Ask => {
    this.CONSUME(Leaving);
    this.OPTION(() => this.OR([{ ALT: () => this.CONSUME(On) }, { ALT: () => this.CONSUME(By) }]));
    const list = this.SUBRULE(this.values);
    return this.ACTION(() => namesOf('outInterface', list.map(wordOf)));
  });

  private readonly state = this.RULE('state', (): Ask => {
    const token = this.CONSUME(State);
    return this.ACTION((): Ask => {
      const at = connectionStates.indexOf(token.image.toUpperCase() as (typeof connectionStates)[number]);
      return { kind: 'packet', predicate: () => is('connectionState', at) };
    });
  });

  private readonly fate = this.RULE('fate', (): Ask => {
    const token = this.CONSUME(FateWord);
    return this.ACTION((): Ask => {
      const said = token.image.toLowerCase();
      return { kind: 'fate', fates: said === 'blocked' ? ['dropped', 'rejected'] : [said as Fate] };
    });
  });

  private readonly logged = this.RULE('logged', (): Ask => {
    this.CONSUME(Logged);
    return { kind: 'logged' };
  });

  private readonly decided = this.RULE('decided', (): Ask => {
    this.CONSUME(Decided);
    this.CONSUME(By);
    return this.OR([
      {
        ALT: (): Ask => {
          const token = this.CONSUME(Policy);
          return this.ACTION((): Ask => ({ kind: 'decided', line: null, word: wordOf(token) }));
        },
      },
      {
        ALT: (): Ask => {
          this.CONSUME(Line);
          const token = this.CONSUME(Value);
          return this.ACTION((): Ask => ({ kind: 'decided', line: lineOf(wordOf(token)), word: wordOf(token) }));
        },
      },
    ]);
  });

  private readonly matched = this.RULE('matched', (): Ask => {
    this.CONSUME(Matched);
    this.CONSUME(By);
    this.CONSUME(Line);
    const token = this.CONSUME(Value);
    return this.ACTION((): Ask => ({ kind: 'matched', line: lineOf(wordOf(token)), word: wordOf(token) }));
  });
}

/** What people say for words of the language. */
const sayings: ReadonlyMap<string, string> = new Map(
  Object.entries({
    accepted: 'accept allow allowed allows permit permitted pass passed open reachable',
    dropped: 'drop drops discard discarded',
    rejected: 'reject rejects refuse refused',
    blocked: 'block blocks deny denied closed filtered',
    logged: 'log logs',
    from: 'src source saddr who -s --source',
    to: 'dst dest destination daddr -d --destination reach reaches',
    'to port': 'dport dports --dport',
    'from port': 'sport sports --sport',
    'arriving on': 'on via iif interface iface in-interface -i',
    'leaving by': 'oif out out-interface -o',
    'in INPUT': 'input',
    'in FORWARD': 'forward forwarded',
    'in OUTPUT': 'output',
    'in nat/PREROUTING': 'prerouting',
    'decided by line': 'line rule hits',
    established: 'reply replies answers',
  }).flatMap(([word, others]) => others.split(' ').map((other) => [other, word])),
);

/** The word of the language that another one stands for. */
const sayingFor = (text: string): string | undefined => sayings.get(text.toLowerCase());

const meant = (text: string, known: Iterable<string>): string => {
  const near = closest(text, known);
  return near === null ? '' : `; did you mean ${near}?`;
};

const placeOf = (place: Word): Ask => {
  const slash = place.text.indexOf('/');
  const table = slash < 0 ? null : place.text.slice(0, slash);
  const hook = place.text.slice(slash + 1).toUpperCase();
  if (table !== null && !isTable(table))
    throw new Mistake(`${table} is no table${meant(table, Object.keys(builtInChains))}`, { ...place, text: table });
  if (!isHook(hook))
    throw new Mistake(`${place.text.slice(slash + 1)} is no built-in chain${meant(hook, hooks) || `; there are ${listed(hooks)}`}`, place);
  if (table !== null && !builtInChains[table as TableName].includes(hook))
    throw new Mistake(`table ${table} has no chain ${hook}; it has ${listed(builtInChains[table as TableName])}`, place);
  return { kind: 'in', table: table as TableName | null, hook };
};

const lineOf = (word: Word): number => {
  if (!/^[1-9]\d*$/.test(word.text)) throw new Mistake(`${word.text} is no number of a line`, word);
  return Number(word.text);
};

const protocolOf = (word: Word): number => {
  const { text } = word;
  const number = /^\d{1,3}$/.test(text) ? Number(text) : protocolNumber(text);
  if (number === undefined && text.toLowerCase() === 'icmpv6') return 58;
  if (number !== undefined && number <= 255) return number;
  if (/^[\d.]+(?:\/|$)|:/.test(text) && /[.:]/.test(text))
    throw new Mistake(`${text} stands alone; write "from ${text}" or "to ${text}"`, word);
  const saying = sayingFor(text);
  if (saying) throw new Mistake(`${text} is no word of queries; write "${saying}"`, word);
  const near = meant(text, vocabulary);
  if (near === '' && portByService(text.toLowerCase()) !== undefined)
    throw new Mistake(`${text} is a service; write "to port ${text}"`, word);
  throw new Mistake(`${text} is neither a word of queries nor a protocol${near}`, word);
};

/** A condition on one side's address: networks, ranges, single addresses, `anywhere`. An address of the other family holds for nothing. */
const addressesOf = (side: 'source' | 'destination', list: readonly Word[]): ((family: Family) => Predicate) => {
  const read = list.map(addressOf);
  return (family) => some(...read.map((one) => (one === 'any' ? any : one.family === family ? inRange(side, one.low, one.high) : none)));
};

const addressOf = (word: Word): { readonly family: Family; readonly low: Ordinal; readonly high: Ordinal } | 'any' => {
  const { text } = word;
  if (/^(?:anywhere|anyone|any)$/i.test(text)) return 'any';
  const family: Family = text.includes(':') ? 6 : 4;
  const address = (part: string): Ordinal => {
    const value = parseAddress(part, family);
    if (value instanceof Fault && portByService(part.toLowerCase()) !== undefined)
      throw new Mistake(`${part} is no address but a service; write "port ${part}"`, word);
    if (value instanceof Fault)
      throw new Mistake(`${part} is no address${/^[a-z]/i.test(part) ? meant(part, ['anywhere', 'anyone', ...vocabulary]) : ''}`, word);
    return value;
  };
  const [network, length, ...more] = text.split('/');
  if (length !== undefined) {
    const width = family === 4 ? 32 : 128;
    if (more.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > width)
      throw new Mistake(`/${[length, ...more].join('/')} is no prefix length of IPv${family}: 0 to ${width}`, word);
    const value = BigInt(address(network!));
    const mask = BigInt(prefixMask(Number(length), family));
    const top = BigInt(highestAddress(family));
    const low = value & mask;
    const high = low | (top & ~mask);
    return family === 4 ? { family, low: Number(low), high: Number(high) } : { family, low, high };
  }
  const [first, last] = text.split('-');
  const low = address(first!);
  const high = last === undefined ? low : address(last);
  if (low > high) throw new Mistake(`${text} is empty: it ends before it begins`, word);
  return { family, low, high };
};

const portsOf = (side: 'source' | 'destination', list: readonly Word[]): Predicate => {
  const ranges = list.map((word): Range => {
    const ends = /^(\d+)[-:](\d+)$/.exec(word.text);
    const port = (text: string): number => {
      const number = /^\d+$/.test(text) ? Number(text) : portByService(text.toLowerCase());
      const [before, protocol] = text.split('/');
      if (number === undefined && protocol && protocolNumber(protocol) !== undefined)
        throw new Mistake(`${text} says two things; write "${protocol} to port ${before}"`, word);
      if (number === undefined) throw new Mistake(`${text} is no port and no service that is known`, word);
      if (number > 65535) throw new Mistake(`there is no port ${text}: the last one is 65535`, word);
      return number;
    };
    const low = port(ends ? ends[1]! : word.text);
    const high = ends ? port(ends[2]!) : low;
    if (low > high) throw new Mistake(`${word.text} is empty: it ends before it begins`, word);
    return [low, high];
  });
  const hasPorts = inRanges(
    'protocol',
    protocolsWithPorts.map((number): Range => [number, number]),
  );
  return all(hasPorts, is('laterFragment', 0), inRanges(side === 'source' ? 'sourcePort' : 'destinationPort', ranges));
};

const namesOf = (field: 'inInterface' | 'outInterface', list: readonly Word[]): Ask => {
  const predicate = some(
    ...list.map((word) => {
      const isPrefix = word.text.endsWith('+');
      const name = isPrefix ? word.text.slice(0, -1) : word.text;
      if (name.length > 15) throw new Mistake(`${name} is longer than the name of an interface can be: 15 characters`, word);
      return named(field, name, isPrefix);
    }),
  );
  return { kind: 'packet', predicate: () => predicate };
};

let lexer: Lexer | undefined;
let parser: QueryParser | undefined;

/** The parser, for those who write its grammar down. */
export const queryParser = (): QueryParser => {
  parser ??= new QueryParser();
  return parser;
};

/** Reads a query. */
export const readQuery = (text: string): Ask | Misread => {
  lexer ??= new Lexer([...queryTokens]);
  const { tokens: read } = lexer.tokenize(text);
  if (read.length === 0) return { message: 'the query is empty', at: 0, length: 1 };
  const parser = queryParser();
  try {
    parser.input = read;
    const ask = parser.query();
    const [error] = parser.errors;
    if (!error) return ask;
    const token = Number.isNaN(error.token.startOffset) || error.token.image === '' ? null : error.token;
    const before = token === null ? read.at(-1)! : read[read.indexOf(token) - 1];
    if (token === null) return { message: `the query ends after "${before!.image}", where more is needed`, at: text.length, length: 1 };
    return { message: hintAt(token, before), at: token.startOffset, length: token.image.length };
  } catch (error) {
    if (error instanceof Mistake) return error.misread;
    throw error;
  }
};

/** Why a word does not fit where it stands. */
const hintAt = (token: IToken, previous: IToken | undefined): string => {
  const after = previous ? ` after "${previous.image}"` : '';
  if (token.tokenType === Value) {
    const near = sayingFor(token.image) ?? closest(token.image, vocabulary);
    return `"${token.image}" does not fit${after}${near ? `; did you mean ${near}?` : ''}`;
  }
  if (token.tokenType === Comma) return `a list cannot go on${after}; between conditions write "and", or nothing`;
  const saying = previous ? undefined : sayingFor(token.image);
  return `"${token.image}" does not fit${after}${saying ? `; did you mean "${saying}"?` : ''}`;
};
