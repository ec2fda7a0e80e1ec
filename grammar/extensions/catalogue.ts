/**
 * The list of all extensions, and the look-ups that reading needs. Adding an extension is one file and one line here; test/grammar/catalogue.test.ts
 * fails when a file is missing from the list.
 */
import type { MatchSpec, OptionSpec, TargetSpec } from './define.js';
import { addrtype } from './matches/addrtype.js';
import { ah } from './matches/ah.js';
import { bpf } from './matches/bpf.js';
import { builtIn } from './matches/built-in.js';
import { cgroup } from './matches/cgroup.js';
import { cluster } from './matches/cluster.js';
import { comment } from './matches/comment.js';
import { connbytes } from './matches/connbytes.js';
import { connlabel } from './matches/connlabel.js';
import { connlimit } from './matches/connlimit.js';
import { connmark } from './matches/connmark.js';
import { conntrack } from './matches/conntrack.js';
import { cpu } from './matches/cpu.js';
import { dccp } from './matches/dccp.js';
import { devgroup } from './matches/devgroup.js';
import { dscp } from './matches/dscp.js';
import { dst } from './matches/dst.js';
import { ecn } from './matches/ecn.js';
import { esp } from './matches/esp.js';
import { eui64 } from './matches/eui64.js';
import { frag } from './matches/frag.js';
import { hashlimit } from './matches/hashlimit.js';
import { hbh } from './matches/hbh.js';
import { helper } from './matches/helper.js';
import { hl } from './matches/hl.js';
import { icmp } from './matches/icmp.js';
import { icmp6 } from './matches/icmp6.js';
import { ipcomp } from './matches/ipcomp.js';
import { iprange } from './matches/iprange.js';
import { ipv6header } from './matches/ipv6header.js';
import { ipvs } from './matches/ipvs.js';
import { length } from './matches/length.js';
import { limit } from './matches/limit.js';
import { mac } from './matches/mac.js';
import { mark } from './matches/mark.js';
import { mh } from './matches/mh.js';
import { multiport } from './matches/multiport.js';
import { nfacct } from './matches/nfacct.js';
import { osf } from './matches/osf.js';
import { owner } from './matches/owner.js';
import { physdev } from './matches/physdev.js';
import { pkttype } from './matches/pkttype.js';
import { policy } from './matches/policy.js';
import { quota } from './matches/quota.js';
import { rateest } from './matches/rateest.js';
import { realm } from './matches/realm.js';
import { recent } from './matches/recent.js';
import { rpfilter } from './matches/rpfilter.js';
import { rt } from './matches/rt.js';
import { sctp } from './matches/sctp.js';
import { set } from './matches/set.js';
import { socket } from './matches/socket.js';
import { srh } from './matches/srh.js';
import { state } from './matches/state.js';
import { statistic } from './matches/statistic.js';
import { string } from './matches/string.js';
import { tcp } from './matches/tcp.js';
import { tcpmss } from './matches/tcpmss.js';
import { time } from './matches/time.js';
import { tos } from './matches/tos.js';
import { ttl } from './matches/ttl.js';
import { u32 } from './matches/u32.js';
import { udp } from './matches/udp.js';
import { accept } from './targets/accept.js';
import { audit } from './targets/audit.js';
import { checksum } from './targets/checksum.js';
import { classify } from './targets/classify.js';
import { clusterip } from './targets/clusterip.js';
import { connmark as connmarkTarget } from './targets/connmark.js';
import { connsecmark } from './targets/connsecmark.js';
import { ct } from './targets/ct.js';
import { dnat } from './targets/dnat.js';
import { dnpt } from './targets/dnpt.js';
import { drop } from './targets/drop.js';
import { dscp as dscpTarget } from './targets/dscp.js';
import { ecn as ecnTarget } from './targets/ecn.js';
import { hl as hlTarget } from './targets/hl.js';
import { hmark } from './targets/hmark.js';
import { idletimer } from './targets/idletimer.js';
import { led } from './targets/led.js';
import { log } from './targets/log.js';
import { mark as markTarget } from './targets/mark.js';
import { masquerade } from './targets/masquerade.js';
import { netmap } from './targets/netmap.js';
import { nflog } from './targets/nflog.js';
import { nfqueue } from './targets/nfqueue.js';
import { notrack } from './targets/notrack.js';
import { queue } from './targets/queue.js';
import { rateest as rateestTarget } from './targets/rateest.js';
import { redirect } from './targets/redirect.js';
import { reject } from './targets/reject.js';
import { returnTarget } from './targets/return.js';
import { secmark } from './targets/secmark.js';
import { set as setTarget } from './targets/set.js';
import { snat } from './targets/snat.js';
import { snpt } from './targets/snpt.js';
import { synproxy } from './targets/synproxy.js';
import { tcpmss as tcpmssTarget } from './targets/tcpmss.js';
import { tcpoptstrip } from './targets/tcpoptstrip.js';
import { tee } from './targets/tee.js';
import { tos as tosTarget } from './targets/tos.js';
import { tproxy } from './targets/tproxy.js';
import { trace } from './targets/trace.js';
import { ttl as ttlTarget } from './targets/ttl.js';
import { ulog } from './targets/ulog.js';

/** Every match extension; the built-in options (matches/built-in.ts) stand apart. */
export const matchSpecs: readonly MatchSpec[] = [
  addrtype,
  ah,
  bpf,
  cgroup,
  cluster,
  comment,
  connbytes,
  connlabel,
  connlimit,
  connmark,
  conntrack,
  cpu,
  dccp,
  devgroup,
  dscp,
  dst,
  ecn,
  esp,
  eui64,
  frag,
  hashlimit,
  hbh,
  helper,
  hl,
  icmp,
  icmp6,
  ipcomp,
  iprange,
  ipv6header,
  ipvs,
  length,
  limit,
  mac,
  mark,
  mh,
  multiport,
  nfacct,
  osf,
  owner,
  physdev,
  pkttype,
  policy,
  quota,
  rateest,
  realm,
  recent,
  rpfilter,
  rt,
  sctp,
  set,
  socket,
  srh,
  state,
  statistic,
  string,
  tcp,
  tcpmss,
  time,
  tos,
  ttl,
  u32,
  udp,
];

/** Every target extension, ACCEPT, DROP, QUEUE and RETURN included. */
export const targetSpecs: readonly TargetSpec[] = [
  accept,
  audit,
  checksum,
  classify,
  clusterip,
  connmarkTarget,
  connsecmark,
  ct,
  dnat,
  dnpt,
  drop,
  dscpTarget,
  ecnTarget,
  hlTarget,
  hmark,
  idletimer,
  led,
  log,
  markTarget,
  masquerade,
  netmap,
  nflog,
  nfqueue,
  notrack,
  queue,
  rateestTarget,
  redirect,
  reject,
  returnTarget,
  secmark,
  setTarget,
  snat,
  snpt,
  synproxy,
  tcpmssTarget,
  tcpoptstrip,
  tee,
  tosTarget,
  tproxy,
  trace,
  ttlTarget,
  ulog,
];

/** An option of an extension with its key in the table. */
export interface KnownOption {
  readonly key: string;
  readonly spec: OptionSpec<unknown>;
}

const byName = <S extends { readonly name: string; readonly aliases?: readonly string[] }>(specs: readonly S[]): ReadonlyMap<string, S> => {
  const map = new Map<string, S>();
  for (const spec of specs) for (const name of [spec.name, ...(spec.aliases ?? [])]) map.set(name, spec);
  return map;
};

const matchesByName = byName(matchSpecs);
const targetsByName = byName(targetSpecs);

/** The match of a name or alias. */
export const findMatch = (name: string): MatchSpec | undefined => matchesByName.get(name);

/** The target of a name. */
export const findTarget = (name: string): TargetSpec | undefined => targetsByName.get(name);

const optionsOf = new WeakMap<MatchSpec | TargetSpec, ReadonlyMap<string, KnownOption>>();

/** The options of an extension by every spelling of their flags. */
export const flagsOf = (spec: MatchSpec | TargetSpec): ReadonlyMap<string, KnownOption> => {
  let flags = optionsOf.get(spec);
  if (!flags) {
    const map = new Map<string, KnownOption>();
    for (const [key, option] of Object.entries(spec.options))
      for (const flag of [option.flag, ...(option.aliases ?? [])]) map.set(flag, { key, spec: option });
    flags = map;
    optionsOf.set(spec, flags);
  }
  return flags;
};

/** How many words an option takes: at least `min`; up to `max` where the further ones do not look like options. */
export interface Arity {
  readonly min: number;
  readonly max: number;
}

const exactly = (count: number): Arity => ({ min: count, max: count });

/** Words of iptables itself that are neither matches nor targets (iptables(8), COMMANDS and OPTIONS). */
const commandArity: readonly (readonly [flags: string, arity: Arity])[] = [
  ['-A --append -N --new-chain -j --jump -g --goto -m --match -t --table --modprobe -M', exactly(1)],
  ['-C --check', exactly(1)],
  ['-I --insert -D --delete', { min: 1, max: 2 }],
  ['-R --replace -P --policy -E --rename-chain --rename', exactly(2)],
  ['-c --set-counters', { min: 1, max: 2 }],
  ['-F --flush -X --delete-chain -Z --zero -L --list -S --list-rules', { min: 0, max: 2 }],
  ['-w --wait -W --wait-interval', { min: 0, max: 1 }],
  ['-n --numeric -v --verbose -x --exact --line-numbers -h --help -V --version', exactly(0)],
];

const arities = new Map<string, Arity>();
for (const [flags, arity] of commandArity) for (const flag of flags.split(' ')) arities.set(flag, arity);
for (const spec of [builtIn, ...matchSpecs, ...targetSpecs])
  for (const [flag, { spec: option }] of flagsOf(spec)) {
    const { arity, optional } = option.value;
    const before = arities.get(flag);
    const least = optional ? 0 : arity;
    // Flags that extensions share with different arities (--set of recent and of set) take what the widest would.
    arities.set(flag, before ? { min: Math.min(before.min, least), max: Math.max(before.max, arity) } : { min: least, max: arity });
  }

/** Unknown options take every word up to the next one that looks like an option. */
const unknownArity: Arity = { min: 0, max: Number.POSITIVE_INFINITY };

/** Long flags, for abbreviations. */
const longFlags: readonly string[] = [...arities.keys()].filter((flag) => flag.startsWith('--'));
const cache = new Map<string, Arity>();

/**
 * How many words stand behind a flag. Flags of different extensions that share a spelling share their arity (a test holds that), so no
 * context is needed; abbreviations are looked up among all long flags; `--flag=value` takes none.
 */
export const arityOf = (flag: string): Arity => {
  const exact = arities.get(flag) ?? cache.get(flag);
  if (exact) return exact;
  const arity = inexactArity(flag);
  if (cache.size < 10_000) cache.set(flag, arity);
  return arity;
};

const inexactArity = (flag: string): Arity => {
  if (!flag.startsWith('--')) {
    // `-ptcp`: a one-letter option with its value glued on.
    const letter = arities.get(flag.slice(0, 2));
    return letter && letter.min === 1 && flag.length > 2 ? { min: 0, max: letter.max - 1 } : unknownArity;
  }
  const equals = flag.indexOf('=');
  const stem = equals < 0 ? flag : flag.slice(0, equals);
  const candidates = arities.has(stem) ? [stem] : longFlags.filter((long) => long.startsWith(stem));
  if (candidates.length === 0) return unknownArity;
  const first = arities.get(candidates[0]!)!;
  if (candidates.some((candidate) => arities.get(candidate)!.min !== first.min)) return unknownArity;
  return equals < 0 ? first : { min: Math.max(0, first.min - 1), max: Math.max(0, first.max - 1) };
};

/** Every long flag of every extension, for did-you-mean. */
export const allFlags = (): readonly string[] => longFlags;
