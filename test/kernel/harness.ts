/**
 * Asks the Linux kernel: loads a ruleset into a network namespace of its own, sends it packets, and tells which rules' counters rose.
 * See README.md beside it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Family, Fault } from '../../grammar/index.js';
import { buildPacket, type PacketBytesJson } from '../../src/analysis/trace/bytes.js';
import { dissect, type Headers } from '../../src/analysis/trace/dissect.js';
import { type Interface, interfaceMac, Namespace, type NamespaceOptions, peerMac } from './namespace.js';

export type { Interface } from './namespace.js';

export type Backend = 'legacy' | 'nft';

/** A packet in JSON: what it is made of (PacketBytesJson), and how it is sent. */
export interface KernelPacket extends PacketBytesJson {
  readonly id?: string;
  /** The interface it arrives on; `local`: sent by the host itself; `lo`: written to lo by a packet socket. Default: the first interface. */
  readonly in?: string;
  /** Of a packet of the host: the address that the socket asks a route for, where it is not what the header says. */
  readonly aim?: string;
  readonly src_mac?: string;
  /** An address, or `router` (default), `broadcast`, `multicast`, `other`. */
  readonly dst_mac?: string;
  /** Connections known so far are kept; else they are forgotten before this packet. */
  readonly keep?: boolean;
  /** The ruleset is loaded again first, so that limits and lists start afresh. */
  readonly reload?: boolean;
  readonly wait_ms?: number;
  readonly [key: string]: unknown;
}

/** A packet as it came out. */
export interface Seen extends Headers {
  /** The interface it left by. */
  readonly at: string;
}

/** What the kernel did with one packet. */
export interface Answer {
  readonly id?: string;
  /** Lines of the rules whose counters rose, as often as they rose, in file order. */
  readonly matched: readonly number[];
  /** Built-in chains whose policy counter rose: `filter/INPUT`. */
  readonly policies: readonly string[];
  /** `local`: the host took it; `out`: it left; `gone`: neither. */
  readonly became: 'local' | 'out' | 'gone';
  readonly seen: readonly Seen[];
  /** Why a packet of the host could not be sent (dropped in OUTPUT). */
  readonly sendError?: string;
}

/** Counters of a moment: packets by rule (index in Kernel.rules), and by built-in chain. */
export interface Counters {
  readonly rules: readonly number[];
  readonly policies: ReadonlyMap<string, number>;
}

/** A rule as the kernel has it; a line with lists of addresses is several. */
export interface KernelRule {
  readonly table: string;
  readonly chain: string;
  /** 1-based line in the text. */
  readonly line: number;
}

export interface KernelOptions extends Partial<NamespaceOptions> {
  readonly family: Family;
  readonly backend?: Backend;
  /** Text for iptables-restore: `:chain` and `-A` lines. */
  readonly rules: string;
  /** Text for `ipset restore`. */
  readonly ipset?: string;
}

const defaultInterfaces: readonly Interface[] = [
  { name: 'eth0', addresses: ['10.1.0.1/24', 'fd00:1::1/64'] },
  { name: 'eth1', addresses: ['203.0.113.1/24', '2001:db8:3::1/64'] },
  { name: 'eth2', addresses: ['192.168.50.1/24', 'fd00:50::1/64'] },
];

const program = (family: Family, backend: Backend, verb: string): string => `${family === 4 ? 'iptables' : 'ip6tables'}-${backend}-${verb}`;

const answers = new Map<string, string | null>();

/** Why the kernel cannot be asked here (no root, a program is missing, namespaces are forbidden); null when it can. */
export const unavailable = (backend: Backend = 'legacy', family: Family = 4): string | null => {
  const key = `${backend}${family}`;
  const known = answers.get(key);
  if (known !== undefined) return known;
  const answer = ask(backend, family);
  answers.set(key, answer);
  return answer;
};

const ask = (backend: Backend, family: Family): string | null => {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  if (!existsSync('/dev/net/tun')) return 'no /dev/net/tun';
  const name = `iptlint-probe-${process.pid}`;
  const needed = ['ip', 'socat', 'nft', 'conntrack', 'mkfifo', program(family, backend, 'restore')];
  try {
    for (const word of needed) execFileSync('sh', ['-c', `command -v ${word}`], { stdio: 'pipe' });
  } catch (error) {
    return `a program is missing, one of ${needed.join(' ')} (${(error as Error).message.split('\n')[0]})`;
  }
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
    const restore = ['netns', 'exec', name, program(family, backend, 'restore')];
    execFileSync('ip', restore, { input: '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n', stdio: 'pipe' });
    return null;
  } catch (error) {
    return `no network namespace with iptables: ${String((error as { stderr?: Buffer }).stderr ?? error).trim()}`;
  } finally {
    try {
      execFileSync('ip', ['netns', 'delete', name], { stdio: 'pipe' });
    } catch {
      // It was never made.
    }
  }
};

const listLength = (words: string, flags: string): number => {
  const found = new RegExp(`(?:^|\\s)(?:${flags})\\s+(\\S+)`).exec(words);
  return found ? found[1]!.split(',').length : 1;
};

/** The rules of a text as the kernel will list them: table by table, chain by chain. Of a table given twice the second replaces the first. */
const readRules = (text: string): Map<string, KernelRule[]> => {
  const chains = new Map<string, KernelRule[]>();
  let table = '';
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim().replace(/^\[\d+:\d+\]\s*/, '');
    if (line.startsWith('*')) {
      table = line.slice(1).trim();
      for (const key of chains.keys()) if (key.startsWith(`${table}/`)) chains.delete(key);
    }
    const found = /^(?:-A|--append)\s+("?)(\S+?)\1(?:\s|$)(.*)$/.exec(line);
    if (!found) {
      if (/^-[^-]|^--/.test(line)) throw new Error(`line ${i + 1}: only -A and :chain lines can be followed: ${line}`);
      continue;
    }
    const words = found[3]!.replace(/"(?:\\.|[^"\\])*"/g, '""');
    const copies = listLength(words, '-s|--source|--src') * listLength(words, '-d|--destination|--dst');
    const key = `${table}/${found[2]}`;
    const rules = chains.get(key) ?? [];
    chains.set(key, rules);
    for (let n = 0; n < copies; n++) rules.push({ table, chain: found[2]!, line: i + 1 });
  }
  return chains;
};

const macBytes = (mac: string): number[] => mac.split(':').map((byte) => Number.parseInt(byte, 16));

const destinationMac = (wanted: string, own: string, family: Family): string =>
  ({
    router: own,
    broadcast: 'ff:ff:ff:ff:ff:ff',
    multicast: family === 4 ? '01:00:5e:00:00:01' : '33:33:00:00:00:01',
    other: '02:00:00:99:99:99',
  })[wanted] ?? wanted;

/** A number of `/proc/net/snmp` (two lines: names, values) or snmp6 (a line each). */
const snmp = (text: string, family: Family, name: string): number => {
  if (family === 6) return Number(new RegExp(`^Ip6${name}\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  const [names, values] = text.split('\n').filter((line) => line.startsWith('Ip:'));
  return Number(values!.split(' ')[names!.split(' ').indexOf(name)] ?? 0);
};

/** A namespace with a ruleset in it. */
export class Kernel {
  /** Every rule, in the order of Counters.rules. */
  readonly rules: readonly KernelRule[] = [];
  private readonly namespace: Namespace;
  private readonly options: KernelOptions;
  private readonly interfaces: readonly Interface[];
  private lastId = 1000;

  constructor(namespace: Namespace, options: KernelOptions, interfaces: readonly Interface[]) {
    this.namespace = namespace;
    this.options = options;
    this.interfaces = interfaces;
  }

  private program(verb: string): string {
    return program(this.options.family, this.options.backend ?? 'legacy', verb);
  }

  /** Loads the ruleset (and sets), replacing what was there. */
  async load(): Promise<void> {
    const { rules, ipset } = this.options;
    const tables = [...rules.matchAll(/^\*(\S+)/gm)].map(([, name]) => `*${name}\nCOMMIT\n`).join('');
    writeFileSync(this.namespace.file('empty'), tables);
    writeFileSync(this.namespace.file('rules'), rules);
    await this.namespace.run(`${this.program('restore')} < ${this.namespace.file('empty')}`);
    if (ipset !== undefined) {
      writeFileSync(this.namespace.file('sets'), ipset);
      await this.namespace.run(`ipset flush; ipset destroy; ipset restore < ${this.namespace.file('sets')}`);
    }
    await this.namespace.run(`${this.program('restore')} < ${this.namespace.file('rules')}`);
    const wanted = readRules(rules);
    const listed: KernelRule[] = [];
    const counts = new Map<string, number>();
    await this.eachLine((table, chain) => {
      const key = `${table}/${chain}`;
      const index = counts.get(key) ?? 0;
      counts.set(key, index + 1);
      const rule = wanted.get(key)?.[index];
      if (!rule) throw new Error(`the kernel lists more rules in ${key} than the text has`);
      listed.push(rule);
    });
    const count = [...wanted.values()].reduce((sum, chain) => sum + chain.length, 0);
    if (listed.length !== count) throw new Error(`the kernel lists ${listed.length} rules, the text has ${count}`);
    (this as { rules: readonly KernelRule[] }).rules = listed;
  }

  private async eachLine(
    onRule: (table: string, chain: string, packets: number) => void,
    onPolicy: (chain: string, packets: number) => void = () => {},
  ): Promise<void> {
    let table = '';
    for (const line of (await this.namespace.run(`${this.program('save')} -c`)).split('\n')) {
      if (line.startsWith('*')) table = line.slice(1);
      else if (line.startsWith(':')) {
        const [chain, policy, packets] = line.slice(1).split(/[ [:]+/);
        if (policy !== '-') onPolicy(`${table}/${chain}`, Number(packets));
      } else if (line.startsWith('[')) {
        const [, packets, chain] = /^\[(\d+):\d+\] -A (\S+)/.exec(line)!;
        onRule(table, chain!, Number(packets));
      }
    }
  }

  /** Reads all counters. */
  async counters(): Promise<Counters> {
    const rules: number[] = [];
    const policies = new Map<string, number>();
    await this.eachLine(
      (_table, _chain, packets) => rules.push(packets),
      (chain, packets) => policies.set(chain, packets),
    );
    return { rules, policies };
  }

  /** Forgets all connections. */
  async forgetConnections(): Promise<void> {
    await this.namespace.try('conntrack -F');
  }

  private async inject(packet: KernelPacket, local: string[]): Promise<void> {
    this.lastId = this.lastId >= 60000 ? 1001 : this.lastId + 1;
    const id = packet.ip_id ?? this.lastId;
    const bytes = buildPacket({ ...packet, ip_id: id, flowlabel: packet.flowlabel ?? id });
    if (bytes instanceof Fault) throw new Error(`packet ${packet.id ?? JSON.stringify(packet)}: ${bytes.message}`);
    const family: Family = bytes[0]! >> 4 === 6 ? 6 : 4;
    const type = family === 4 ? [8, 0] : [0x86, 0xdd];
    if (packet.in === 'local' || packet.in === 'lo') {
      const written = packet.in === 'lo' ? [...new Array<number>(12).fill(0), ...type, ...bytes] : bytes;
      const octal = Array.from(written, (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
      const to = packet.aim ?? packet.dst;
      const address = packet.in === 'lo' ? 'INTERFACE:lo' : family === 4 ? `IP4-SENDTO:${to}:255` : `IP6-SENDTO:[${to}]:255`;
      const { status, output } = await this.namespace.try(`printf '${octal}' | socat -u STDIO ${address}`);
      if (status !== 0) local.push(output.trim());
      return;
    }
    const index = packet.in === undefined ? 0 : this.interfaces.findIndex(({ name }) => name === packet.in);
    const { name, mac } = this.interfaces[index] ?? { name: packet.in!, mac: undefined };
    const destination = destinationMac(packet.dst_mac ?? 'router', mac ?? interfaceMac(index), family);
    const header = [...macBytes(destination), ...macBytes(packet.src_mac ?? peerMac(index)), ...type];
    await this.namespace.inject(name, Uint8Array.from([...header, ...bytes]));
  }

  private delivered(): number {
    const { family } = this.options;
    const text = this.namespace.proc(family === 4 ? 'snmp' : 'snmp6');
    return snmp(text, family, 'InDelivers') + snmp(text, family, 'InUnknownProtos');
  }

  /** Sends packets one after the other and tells of each what became of it. */
  async send(packets: readonly KernelPacket[]): Promise<Answer[]> {
    const found: Answer[] = [];
    let before = await this.counters();
    for (const packet of packets) {
      if (packet.reload) {
        await this.load();
        before = await this.counters();
      }
      if (!packet.keep) await this.forgetConnections();
      if (packet.wait_ms) await sleep(packet.wait_ms);
      const taken = this.delivered();
      const errors: string[] = [];
      await this.inject(packet, errors);
      await this.namespace.settle();
      await this.namespace.drain();
      const after = await this.counters();
      const seen = this.namespace.collect().map(({ interface: at, frame }) => ({ at, ...dissect(frame.subarray(14)) }));
      const matched = after.rules
        .flatMap((count, i) => new Array<number>(count - before.rules[i]!).fill(this.rules[i]!.line))
        .sort((a, b) => a - b);
      const policies = [...after.policies].filter(([chain, count]) => count > (before.policies.get(chain) ?? 0)).map(([chain]) => chain);
      found.push({
        ...(packet.id === undefined ? {} : { id: packet.id }),
        matched,
        policies,
        became: this.delivered() > taken ? 'local' : seen.length > 0 ? 'out' : 'gone',
        seen,
        ...(errors.length > 0 ? { sendError: errors.join('\n') } : {}),
      });
      before = after;
    }
    return found;
  }

  /** Sends many packets at once and tells which lines' counters rose: thousands a second. Connections are forgotten only at the start. */
  async flood(packets: readonly KernelPacket[]): Promise<ReadonlyMap<number, number>> {
    await this.forgetConnections();
    const before = await this.counters();
    for (const packet of packets) await this.inject(packet, []);
    await this.namespace.settle();
    const after = await this.counters();
    this.namespace.collect();
    const rose = new Map<number, number>();
    for (const [i, count] of after.rules.entries()) {
      const more = count - before.rules[i]!;
      if (more > 0) rose.set(this.rules[i]!.line, (rose.get(this.rules[i]!.line) ?? 0) + more);
    }
    return rose;
  }

  /** Runs a command in the namespace. */
  run(command: string): Promise<string> {
    return this.namespace.run(command);
  }
}

/** Makes a namespace, loads the ruleset, hands it over, and deletes the namespace, whatever happens. */
export const withKernel = async <T>(options: KernelOptions, use: (kernel: Kernel) => Promise<T>): Promise<T> => {
  const interfaces = options.interfaces ?? defaultInterfaces;
  const namespace = await Namespace.open({ defaultRoute: 'eth1', ...options, interfaces });
  try {
    const kernel = new Kernel(namespace, options, interfaces);
    await kernel.load();
    return await use(kernel);
  } finally {
    await namespace.close();
  }
};
