/** `iptlint trace FILE PACKET`: walks packets through hooks, tables and chains, and says which rules they met and what became of them. */
import type { Family } from '../../grammar/index.js';
import type { PacketJson } from '../diagnostic/diagnostic.js';
import { colorsFor } from '../reporters/colors.js';
import { type Command, type Given, type Outside, UsageError } from './command.js';
import { familyInName } from './inputs.js';
import { decode, type Reading, readText, resolve, shownPath } from './io.js';
import { wantsColor } from './terminal.js';

export const trace: Command = {
  name: 'trace',
  usage: 'FILE [PACKET...]',
  words: Number.POSITIVE_INFINITY,
  summary: 'walk a packet through the rules: which it meets, what becomes of it',
  about: `Walks a concrete packet through hooks, tables and chains as the kernel does: connection tracking, translation, routing, marks. A packet reads \
'tcp 192.0.2.7:40000 > 198.51.100.5:22 in eth0', with words such as 'out eth1', 'local', 'established', 'syn,ack', 'ttl=3', 'mark=1' behind it, or is a JSON \
object; --packets reads one object a line, in order, so that limits, lists and connections go on from packet to packet. Where something unknown decides, all ways \
are told, and the exit code is 4. Addresses, routes and sets of the host make answers certain.`,
  flags: {
    packets: { value: 'FILE', says: 'packets as JSON lines, traced in order', group: 'Input' },
    addresses: { value: 'FILE', says: 'ip -j addr of the host: what is local, which interfaces there are', group: 'Input' },
    routes: { value: 'FILE', says: 'ip -j route of the host: where packets leave', group: 'Input' },
    ipset: { value: 'FILE', says: 'ipset save of the host', group: 'Input' },
    family: { value: '4|6', choices: ['4', '6'], says: 'address family of the rules, whatever the text seems to be', group: 'Input' },
    backend: { value: 'NAME', choices: ['legacy', 'nft'], says: 'the back end that loads the rules', group: 'Input' },
    assume: { value: 'TEST=yes|no', many: true, split: false, says: "take a test's answer for granted: set:blocklist=no", group: 'Input' },
    history: {
      value: 'WHICH',
      choices: ['fresh', 'unknown'],
      says: 'what came before: nothing (fresh, with --packets), or anything (unknown, with one packet)',
      group: 'Input',
    },
    format: {
      short: 'f',
      value: 'NAME',
      choices: ['full', 'json', 'jsonl'],
      says: 'full (text), json (one list) or jsonl (a line a packet)',
      group: 'Output',
    },
    'why-not': { value: 'LINE', says: 'say why the packet does not come to this line, or is not matched by it', group: 'Output' },
    'both-ways': { says: 'trace the answer to the packet, too', group: 'Output' },
  },
  examples: [
    ["iptlint trace rules.v4 'tcp 192.0.2.7:40000 > 198.51.100.5:22 in eth0'", 'the way of one packet'],
    ["iptlint trace rules.v4 'udp 192.0.2.7:53 > 198.51.100.5:53 in eth0' --why-not 14", 'why it does not come to line 14'],
    ['iptlint trace rules.v4 --packets packets.jsonl -f jsonl --addresses addr.json --routes route.json', 'many packets, as JSON lines'],
  ],
  run: (given, outside) => runTrace(given, outside),
};

const textOf = async (word: string, { streams }: Outside): Promise<{ readonly name: string; readonly reading: Reading }> => {
  const { cwd, stdin } = streams;
  if (word === '-') return { name: '<stdin>', reading: decode(await stdin.read()) };
  return { name: shownPath(word, cwd), reading: readText(resolve(cwd, word)) };
};

/** A packet told, or why it could not be read. */
type Told = { readonly json: PacketJson } | { readonly fault: string; readonly id: unknown };

const runTrace = async (given: Given, outside: Outside): Promise<number> => {
  const { stdout, stderr, env } = outside.streams;
  const [file, ...packets] = given.words;
  if (file === undefined)
    throw new UsageError("trace wants a ruleset and a packet: iptlint trace rules.v4 'tcp 192.0.2.7:40000 > 198.51.100.5:22 in eth0'");
  const packetFile = given.value('packets');
  if (packets.length === 0 && packetFile === null) throw new UsageError('trace wants a packet, or --packets FILE');

  const room = await import('../analysis/trace/index.js');
  const { Fault, parse } = await import('../../grammar/index.js');
  const { resolve: resolveRules } = await import('../model/resolve.js');
  const host = await import('../model/host.js');
  const { readIpsets } = await import('../model/ipset.js');

  let isPartlyUnread = false;
  const complain = (name: string, message: string): null => {
    stderr.write(`iptlint: ${name}: ${message}\n`);
    isPartlyUnread = true;
    return null;
  };
  const readFlag = async <T>(flag: string, read: (text: string) => T | InstanceType<typeof Fault>): Promise<T | null> => {
    const path = given.value(flag);
    if (path === null) return null;
    const { name, reading } = await textOf(path, outside);
    if ('fault' in reading) return complain(name, reading.fault);
    const value = read(reading.text);
    return value instanceof Fault ? complain(name, value.message) : value;
  };

  const { name, reading } = await textOf(file, outside);
  if ('fault' in reading) {
    complain(name, reading.fault);
    return 3;
  }
  const family = given.value('family');
  const { document } = parse(reading.text, { name, ...familyInName(name), ...(family && { family: Number(family) as Family }) });
  const { rulesets } = resolveRules(document);
  if (rulesets.some(({ whole }) => !whole)) complain(name, `not all of it could be read; iptlint ${name} tells where`);

  const interfaces = await readFlag('addresses', host.readAddresses);
  const routes = await readFlag('routes', host.readRoutes);
  const sets = await readFlag('ipset', readIpsets);
  for (const { line, message } of sets?.problems ?? []) complain(given.value('ipset')!, `line ${line}: ${message}`);
  const assumptions = (given.values('assume') ?? []).map((text) => {
    const read = room.readAssumption(text);
    if (read instanceof Fault) throw new UsageError(read.message);
    return read;
  });
  const whyNot = given.value('why-not');
  if (whyNot !== null && !/^\d+$/.test(whyNot)) throw new UsageError(`--why-not takes the number of a line, not ${whyNot}`);
  const format = given.value('format') ?? 'full';
  const backend = given.value('backend');

  const tracers = new Map(
    rulesets.map((ruleset) => {
      const told = [...ruleset.tables.values()].find(({ node }) => node.generator?.backend)?.node.generator?.backend ?? null;
      const context = {
        host: interfaces || routes ? { interfaces: interfaces ?? [], routes } : null,
        sets,
        history: (given.value('history') ?? (packetFile === null ? 'unknown' : 'fresh')) as 'fresh' | 'unknown',
        backend: (backend as 'legacy' | 'nft' | null) ?? told,
        assume: room.assumed(assumptions),
        explain: format === 'full',
      };
      return [ruleset.family, new room.Tracer(ruleset, context)] as const;
    }),
  );

  const told: Told[] = [];
  for (const text of packets) {
    const json = room.readNotation(text);
    if (json instanceof Fault) throw new UsageError(`${json.message}\n  ${text}`);
    told.push({ json });
  }
  if (packetFile !== null) {
    const { name: packetName, reading: lines } = await textOf(packetFile, outside);
    if ('fault' in lines) {
      complain(packetName, lines.fault);
      return 3;
    }
    for (const [index, line] of lines.text.split('\n').entries()) {
      if (line.trim() === '' || line.startsWith('#')) continue;
      const json = room.readNotation(line);
      if (json instanceof Fault) {
        complain(packetName, `line ${index + 1}: ${json.message}`);
        told.push({ fault: json.message, id: null });
      } else told.push({ json });
    }
  }

  const text = format === 'full' ? await import('../explain/trace.js') : null;
  const colors = await colorsFor(wantsColor(outside.streams.stdout, env, given.value('color')));
  const paint = { strong: colors.bold, faint: colors.dim, good: colors.green, bad: colors.red };
  const list: object[] = [];
  let isCertain = true;
  let isFirst = true;
  const emit = (answer: object): void => {
    if (format === 'jsonl') stdout.write(`${JSON.stringify(answer, jsonValue)}\n`);
    else if (format === 'json') list.push(answer);
  };
  for (const one of told) {
    if ('fault' in one) {
      emit({ id: one.id, error: one.fault });
      continue;
    }
    const queue: PacketJson[] = [one.json];
    for (let json = queue.shift(); json; json = queue.shift()) {
      const packet = room.readPacket(json);
      const tracer = packet instanceof Fault ? undefined : tracers.get(packet.family);
      const fault = packet instanceof Fault ? packet.message : tracer ? null : `the file holds no IPv${packet.family} rules`;
      if (packet instanceof Fault || !tracer) {
        complain(packetFile ?? name, fault!);
        emit({ id: json.id ?? null, error: fault });
        continue;
      }
      const result = tracer.trace(packet);
      isCertain &&= result.certain;
      emit(room.traceJson(result));
      if (text) {
        const { packetWords } = await import('../reporters/packet-words.js');
        stdout.write(`${isFirst ? '' : '\n'}${colors.bold(packetWords(json))}\n${text.traceText(result, paint)}\n`);
        if (whyNot !== null) stdout.write(`\n${text.whyNot(result, tracer, Number(whyNot))}\n`);
        isFirst = false;
      }
      const answer = given.has('both-ways') && json === one.json ? room.replyTo(result) : null;
      if (answer) queue.push(answer);
    }
  }
  if (format === 'json') stdout.write(`${JSON.stringify(list, jsonValue, 2)}\n`);
  if (isPartlyUnread) return 3;
  return isCertain ? 0 : 4;
};

const jsonValue = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
