/**
 * Reads `ipset save` text: sets with typed entries, for all set types of ipset 7 (ipset(8); names of ICMP types as ipset 7.17 prints them,
 * asked of it). A line that cannot be read is told, and leaves its set marked as not whole: what such a set holds is not fully known.
 */
import { type Family, Fault, parseAddress, prefixLength, prefixMask, protocolNumber } from '../../grammar/index.js';

/** What one part of an entry is about. */
export type Dimension = 'ip' | 'net' | 'port' | 'mac' | 'mark' | 'iface' | 'set';

/** Part of an entry. Ranges include both ends; MAC addresses are 48-bit numbers. */
export type EntryPart =
  | { readonly kind: 'address'; readonly low: number | bigint; readonly high: number | bigint }
  /** `protocol` null: any (bitmap:port, which looks at TCP and UDP only). ICMP: type * 256 + code. */
  | { readonly kind: 'port'; readonly protocol: number | null; readonly low: number; readonly high: number }
  | { readonly kind: 'mac'; readonly mac: number }
  | { readonly kind: 'mark'; readonly mark: number }
  /** `physical`: the bridge port; `prefix`: names that begin so. */
  | { readonly kind: 'iface'; readonly name: string; readonly physical: boolean; readonly prefix: boolean }
  | { readonly kind: 'set'; readonly name: string };

export interface IpsetEntry {
  /** One for each dimension of the set; a bitmap:ip,mac entry may have no second. */
  readonly parts: readonly EntryPart[];
  /** An exception: a packet for which this is the narrowest entry does not match. */
  readonly nomatch: boolean;
  readonly timeout: number | null;
}

export interface Ipset {
  readonly name: string;
  /** As written: `hash:ip,port`. */
  readonly type: string;
  readonly method: 'bitmap' | 'hash' | 'list';
  readonly dimensions: readonly Dimension[];
  /** Null for sets without addresses (bitmap:port, hash:mac, list:set). */
  readonly family: Family | null;
  readonly entries: readonly IpsetEntry[];
  /** `netmask N`, `bitmask A`: applied to addresses before look-up; null: all bits count. */
  readonly mask: number | bigint | null;
  /** `markmask`, of hash:ip,mark. */
  readonly markMask: number;
  /** `range` of a bitmap: what lies outside is never in it. */
  readonly range: readonly [number, number] | null;
  /** Entries expire. */
  readonly expires: boolean;
  readonly counters: boolean;
  /** False where a line about it could not be read. */
  readonly whole: boolean;
  /** 1-based line of its `create`. */
  readonly line: number;
}

export interface IpsetProblem {
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

export interface Ipsets {
  readonly sets: ReadonlyMap<string, Ipset>;
  readonly problems: readonly IpsetProblem[];
}

const dimensions: Readonly<Record<string, readonly Dimension[]>> = {
  'bitmap:ip': ['ip'],
  'bitmap:ip,mac': ['ip', 'mac'],
  'bitmap:port': ['port'],
  'hash:ip': ['ip'],
  'hash:mac': ['mac'],
  'hash:ip,mac': ['ip', 'mac'],
  'hash:net': ['net'],
  'hash:net,net': ['net', 'net'],
  'hash:ip,port': ['ip', 'port'],
  'hash:net,port': ['net', 'port'],
  'hash:ip,port,ip': ['ip', 'port', 'ip'],
  'hash:ip,port,net': ['ip', 'port', 'net'],
  'hash:ip,mark': ['ip', 'mark'],
  'hash:net,port,net': ['net', 'port', 'net'],
  'hash:net,iface': ['net', 'iface'],
  'list:set': ['set'],
};

/** Old names that ipset still reads. */
const typeAliases: Readonly<Record<string, string>> = {
  iphash: 'hash:ip',
  nethash: 'hash:net',
  ipmap: 'bitmap:ip',
  macipmap: 'bitmap:ip,mac',
  portmap: 'bitmap:port',
  ipporthash: 'hash:ip,port',
  ipportiphash: 'hash:ip,port,ip',
  ipportnethash: 'hash:ip,port,net',
  setlist: 'list:set',
};

const icmpNames: Readonly<Record<Family, Readonly<Record<string, number>>>> = {
  4: {
    'echo-reply': 0x000,
    pong: 0x000,
    'network-unreachable': 0x300,
    'host-unreachable': 0x301,
    'protocol-unreachable': 0x302,
    'port-unreachable': 0x303,
    'fragmentation-needed': 0x304,
    'source-route-failed': 0x305,
    'network-unknown': 0x306,
    'host-unknown': 0x307,
    'network-prohibited': 0x309,
    'host-prohibited': 0x30a,
    'TOS-network-unreachable': 0x30b,
    'TOS-host-unreachable': 0x30c,
    'communication-prohibited': 0x30d,
    'host-precedence-violation': 0x30e,
    'precedence-cutoff': 0x30f,
    'source-quench': 0x400,
    'network-redirect': 0x500,
    'host-redirect': 0x501,
    'TOS-network-redirect': 0x502,
    'TOS-host-redirect': 0x503,
    'echo-request': 0x800,
    ping: 0x800,
    'router-advertisement': 0x900,
    'router-solicitation': 0xa00,
    'ttl-zero-during-transit': 0xb00,
    'ttl-zero-during-reassembly': 0xb01,
    'ip-header-bad': 0xc00,
    'required-option-missing': 0xc01,
    'timestamp-request': 0xd00,
    'timestamp-reply': 0xe00,
    'address-mask-request': 0x1100,
    'address-mask-reply': 0x1200,
  },
  6: {
    'no-route': 0x100,
    'communication-prohibited': 0x101,
    'address-unreachable': 0x103,
    'port-unreachable': 0x104,
    'packet-too-big': 0x200,
    'ttl-zero-during-transit': 0x300,
    'ttl-zero-during-reassembly': 0x301,
    'bad-header': 0x400,
    'unknown-header-type': 0x401,
    'unknown-option': 0x402,
    'echo-request': 0x8000,
    ping: 0x8000,
    'echo-reply': 0x8100,
    pong: 0x8100,
    'router-solicitation': 0x8500,
    'router-advertisement': 0x8600,
    'neighbour-solicitation': 0x8700,
    'neighbor-solicitation': 0x8700,
    'neighbour-advertisement': 0x8800,
    'neighbor-advertisement': 0x8800,
    redirect: 0x8900,
  },
};

const readNumber = (word: string): number | undefined => (/^0x[0-9a-f]+$/i.test(word) || /^\d+$/.test(word) ? Number(word) : undefined);

/** `a`, `a/prefix`, `a-b`: first and last address. */
const readAddresses = (word: string, family: Family): readonly [number | bigint, number | bigint] | Fault => {
  const dash = word.indexOf('-');
  if (dash > 0) {
    const low = parseAddress(word.slice(0, dash), family);
    const high = parseAddress(word.slice(dash + 1), family);
    if (low instanceof Fault) return low;
    return high instanceof Fault ? high : [low, high];
  }
  const [text, length] = word.split('/');
  const address = parseAddress(text!, family);
  if (address instanceof Fault || length === undefined) return address instanceof Fault ? address : [address, address];
  const bits = readNumber(length);
  if (bits === undefined || bits > (family === 4 ? 32 : 128)) return new Fault(`"/${length}" is no prefix length`);
  const mask = prefixMask(bits, family);
  if (typeof address === 'bigint') return [address & (mask as bigint), address | (~(mask as bigint) & ((1n << 128n) - 1n))];
  return [(address & (mask as number)) >>> 0, (address | ~(mask as number)) >>> 0];
};

/** `80`, `tcp:80`, `udp:80-90`, `icmp:8/0`, `icmpv6:echo-request`, `vrrp:0`. */
const readPort = (word: string, family: Family, hasProtocol: boolean): EntryPart | Fault => {
  const colon = word.indexOf(':');
  const name = colon < 0 ? 'tcp' : word.slice(0, colon);
  const protocol = readNumber(name) ?? protocolNumber(name);
  if (protocol === undefined) return new Fault(`"${name}" is not a known protocol`);
  const text = word.slice(colon + 1);
  const part = (low: number, high: number): EntryPart => ({ kind: 'port', protocol: hasProtocol ? protocol : null, low, high });
  if (protocol === 1 || protocol === 58) {
    const named = icmpNames[family][text];
    if (named !== undefined) return part(named, named);
    const numbers = /^(\d+)\/(\d+)$/.exec(text);
    if (!numbers) return new Fault(`"${text}" is not an ICMP type/code`);
    const value = Number(numbers[1]) * 256 + Number(numbers[2]);
    return part(value, value);
  }
  const [first, last] = text.split('-').map(readNumber);
  if (first === undefined || first > 65535) return new Fault(`"${text}" is not a port number`);
  return part(first, last ?? first);
};

/** A MAC address as a number. */
export const readMac = (word: string): number | undefined =>
  /^[0-9a-f]{1,2}([:-][0-9a-f]{1,2}){5}$/i.test(word)
    ? word.split(/[:-]/).reduce((value, byte) => value * 256 + Number.parseInt(byte, 16), 0)
    : undefined;

const readPart = (word: string, dimension: Dimension, set: Building, wildcard: boolean): EntryPart | Fault => {
  switch (dimension) {
    case 'ip':
    case 'net': {
      const range = readAddresses(word, set.family ?? 4);
      return range instanceof Fault ? range : { kind: 'address', low: range[0], high: range[1] };
    }
    case 'port':
      return readPort(word, set.family ?? 4, set.method !== 'bitmap');
    case 'mac': {
      const mac = readMac(word);
      return mac === undefined ? new Fault(`"${word}" is not a MAC address`) : { kind: 'mac', mac };
    }
    case 'mark': {
      const mark = readNumber(word);
      return mark === undefined ? new Fault(`"${word}" is not a mark`) : { kind: 'mark', mark };
    }
    case 'iface': {
      const physical = word.startsWith('physdev:');
      return { kind: 'iface', name: physical ? word.slice(8) : word, physical, prefix: wildcard };
    }
    case 'set':
      return { kind: 'set', name: word };
  }
};

/** A set while its lines are read. */
interface Building extends Ipset {
  entries: IpsetEntry[];
  whole: boolean;
}

/** Words of a line; a comment's value may stand in double quotes. */
const splitWords = (line: string): string[] => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);

/** Options of `create` and `add` that take no value; all others take one. */
const flagOptions = new Set(['nomatch', 'wildcard', 'counters', 'comment', 'skbinfo', 'forceadd', '-exist', '-!']);

const readOptions = (words: readonly string[], commentHasValue: boolean): ReadonlyMap<string, string> => {
  const options = new Map<string, string>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (flagOptions.has(word) && !(word === 'comment' && commentHasValue)) options.set(word, '');
    else options.set(word, words[++i] ?? '');
  }
  return options;
};

const readMask = (options: ReadonlyMap<string, string>, family: Family): number | bigint | null => {
  const netmask = options.get('netmask');
  if (netmask !== undefined && readNumber(netmask) !== undefined) return prefixMask(Number(netmask), family);
  const bitmask = options.get('bitmask') ?? netmask;
  if (bitmask === undefined) return null;
  const mask = parseAddress(bitmask, family);
  return mask instanceof Fault ? null : mask;
};

const readRange = (text: string | undefined, dimension: Dimension): readonly [number, number] | null => {
  if (text === undefined) return null;
  if (dimension === 'port') {
    const [low, high] = text.split('-').map((word) => readNumber(word.replace(/^.*:/, '')));
    return low === undefined ? null : [low, high ?? low];
  }
  const range = readAddresses(text, 4);
  return range instanceof Fault ? null : [range[0] as number, range[1] as number];
};

/** Sets and their entries from the output of `ipset save` (or a script of `create` and `add` lines). Never throws. */
export const readIpsets = (text: string): Ipsets => {
  const sets = new Map<string, Building>();
  const problems: IpsetProblem[] = [];
  const create = (words: readonly string[], line: number): string | null => {
    const [, name, written, ...rest] = words;
    const type = typeAliases[written ?? ''] ?? written ?? '';
    const kinds = dimensions[type];
    if (!name || !kinds) return `"${written ?? ''}" is not a set type that is known here`;
    const options = readOptions(rest, false);
    const hasAddress = kinds.some((kind) => kind === 'ip' || kind === 'net');
    const word = options.get('family');
    const family: Family | null = hasAddress ? (word === 'inet6' || word === 'ipv6' || word === '-6' ? 6 : 4) : null;
    const method = type.slice(0, type.indexOf(':')) as Ipset['method'];
    sets.set(name, {
      name,
      type,
      method,
      dimensions: kinds,
      family,
      entries: [],
      mask: family === null ? null : readMask(options, family),
      markMask: readNumber(options.get('markmask') ?? '') ?? 0xffffffff,
      range: method === 'bitmap' ? readRange(options.get('range'), kinds[0]!) : null,
      expires: options.has('timeout'),
      counters: options.has('counters'),
      whole: true,
      line,
    });
    return null;
  };
  const add = (words: readonly string[]): string | null => {
    const [, name, entry, ...rest] = words;
    const set = sets.get(name ?? '');
    if (!set) return `no set "${name ?? ''}" was created before this line`;
    const options = readOptions(rest, true);
    const pieces = (entry ?? '').split(',');
    const parts: EntryPart[] = [];
    for (const [i, dimension] of set.dimensions.entries()) {
      const piece = pieces[i];
      if (piece === undefined && set.type === 'bitmap:ip,mac' && i === 1) break;
      const part =
        piece === undefined ? new Fault('a part of the entry is missing') : readPart(piece, dimension, set, options.has('wildcard'));
      if (part instanceof Fault) {
        set.whole = false;
        return part.message;
      }
      parts.push(part);
    }
    const timeout = readNumber(options.get('timeout') ?? '');
    set.entries.push({ parts, nomatch: options.has('nomatch'), timeout: timeout ?? null });
    return null;
  };
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const words = splitWords(line.replace(/^ipset\s+/, '')).filter((word) => word !== '-exist' && word !== '-!');
    const command = words[0];
    const message =
      command === 'create' || command === '-N' || command === 'n'
        ? create(words, i + 1)
        : command === 'add' || command === '-A'
          ? add(words)
          : command === 'flush' || command === 'COMMIT'
            ? null
            : `"${command}" is neither create nor add`;
    if (message !== null) problems.push({ line: i + 1, message });
  }
  return { sets, problems };
};

/** Bits of a range that is a network; the wider the range, the fewer; undefined where it is none. */
export const entryPrefix = (low: number | bigint, high: number | bigint): number | undefined => {
  if (typeof low === 'number') {
    const mask = ~(low ^ (high as number)) >>> 0;
    const length = prefixLength(mask);
    return length !== undefined && (low & ~mask) >>> 0 === 0 ? length : undefined;
  }
  const all = (1n << 128n) - 1n;
  const mask = low ^ (high as bigint) ^ all;
  const length = prefixLength(mask);
  return length !== undefined && (low & (mask ^ all)) === 0n ? length : undefined;
};
