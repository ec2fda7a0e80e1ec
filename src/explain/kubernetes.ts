/**
 * Kubernetes services as kube-proxy wrote them into the rules: read from its chains and comments (KUBE-SERVICES, KUBE-NODEPORTS, KUBE-SVC-, KUBE-SEP- ...,
 * layouts of kube-proxy 1.5 to 1.31), and in ipvs mode from its ipsets.
 */
import { printAddress, protocolName, targetOf } from '../../grammar/index.js';
import type { Ipsets } from '../model/ipset.js';
import { lineOf } from '../model/place.js';
import type { Chain, Rule, Ruleset } from '../model/ruleset.js';
import { addressOf, calleeOf, commentsOf, isForAll, isReached, natTargetOf, optionOf, portsOf, printed, protocolOf } from './parts.js';

export interface Endpoint {
  /** "10.244.1.7:8080". */
  readonly address: string;
  /** Its part of new connections, 0 to 1; what comes by affinity is not counted. */
  readonly share: number;
  readonly chain: string | null;
  /** The pod reaches itself through the service: its own connections are masqueraded. */
  readonly hairpin: boolean;
  readonly line: number;
}

export interface Service {
  /** "default/web:http"; null: no comment tells. */
  readonly name: string | null;
  readonly protocol: string | null;
  readonly chain: string | null;
  /** "10.96.0.10:53". */
  readonly cluster: readonly string[];
  readonly nodePorts: readonly string[];
  /** External and load balancer addresses, with ports. */
  readonly external: readonly string[];
  readonly endpoints: readonly Endpoint[];
  /** The endpoints on this node alone, for traffic from outside (externalTrafficPolicy or internalTrafficPolicy Local). */
  readonly localOnly: boolean;
  /** Seconds for which a client keeps its endpoint; null: no session affinity. */
  readonly affinity: number | null;
  /** Who gets the node's address as source: "sources outside 10.244.0.0/16", "all"; empty: none told. */
  readonly masqueraded: readonly string[];
  /** Source ranges that a load balancer address is kept to. */
  readonly allowedSources: readonly string[];
  /** Rules say that it has no endpoints: what becomes of packets to it. */
  readonly refused: string | null;
}

export interface Services {
  readonly mode: 'iptables' | 'ipvs';
  readonly services: readonly Service[];
  /** What cannot be seen from what was given. */
  readonly notVisible: string | null;
}

interface Draft {
  name: string | null;
  protocol: string | null;
  chain: Chain | null;
  cluster: Set<string>;
  nodePorts: Set<string>;
  external: Set<string>;
  masqueraded: Set<string>;
  allowedSources: Set<string>;
  /** What becomes of packets to it where it has no endpoints, with the lines that say so. */
  refusals: Map<string, number[]>;
  localOnly: boolean;
}

const servicePort = /^(?:(?:masquerade|route|redirect|pod|traffic|LOCAL|for) )*([^\s/"]+\/[^\s"]+)/i;

/** "default/web:http", from a comment of kube-proxy. */
export const serviceNameIn = (comments: readonly string[]): string | null => {
  for (const comment of comments) {
    const name = servicePort.exec(comment)?.[1];
    if (name && !name.includes('://')) return name.replace(/:$/, '');
  }
  return null;
};

/** The services that the rules tell; null: no sign of kube-proxy. */
export const servicesOf = (ruleset: Ruleset, sets: Ipsets | null): Services | null => {
  const nat = ruleset.tables.get('nat');
  const usesSets = ruleset.rules.some((rule) => setOf(rule)?.startsWith('KUBE-') && rule.chain.table.name === 'nat');
  // A switch to ipvs mode leaves the chains of iptables mode behind, with nothing that leads to them.
  const ofServices = [...(nat?.chains.values() ?? [])].filter(({ name }) => /^KUBE-(SVC|SEP|SVL|XLB|EXT)-/.test(name));
  const hasChains = usesSets ? ofServices.some(isReached) : ofServices.length > 0;
  const filter = ruleset.tables.get('filter');
  const refusing = [filter?.chains.get('KUBE-SERVICES'), filter?.chains.get('KUBE-EXTERNAL-SERVICES')].flatMap(
    (chain) => chain?.rules ?? [],
  );
  if (usesSets && !hasChains)
    return ipvsServices(
      sets,
      ofServices.some(({ rules }) => rules.length > 0),
    );
  if (!hasChains && refusing.length === 0) return null;

  const drafts = new Map<string, Draft>();
  const draftOf = (name: string | null, protocol: string | null, chain: Chain | null): Draft => {
    const key = name ?? chain?.name ?? '?';
    const known = drafts.get(`${key} ${protocol}`) ?? drafts.get(`${key} null`);
    if (known) {
      known.chain ??= chain;
      known.protocol ??= protocol;
      return known;
    }
    const draft: Draft = {
      name,
      protocol,
      chain,
      cluster: new Set(),
      nodePorts: new Set(),
      external: new Set(),
      masqueraded: new Set(),
      allowedSources: new Set(),
      refusals: new Map(),
      localOnly: false,
    };
    drafts.set(`${key} ${protocol}`, draft);
    return draft;
  };

  const read = (rule: Rule, where: 'services' | 'nodeports'): void => {
    const comments = commentsOf(rule);
    const name = serviceNameIn(comments);
    const callee = calleeOf(rule);
    if (!callee || (!name && !/^KUBE-(SVC|SVL|XLB|EXT|FW)-/.test(callee.name))) return;
    const protocol = protocolOf(rule);
    const port = portsOf(rule);
    if (callee.name === 'KUBE-MARK-MASQ') {
      if (name) draftOf(name, protocol, null).masqueraded.add(sourcesOf(rule));
      return;
    }
    if (!/^KUBE-(SVC|SVL|XLB|EXT|FW)-/.test(callee.name)) return;
    const way = wayOf(callee);
    const draft = draftOf(name ?? nameOfChain(callee), protocol, way.service);
    if (way.isLocal) draft.localOnly = true;
    for (const source of way.allowed) draft.allowedSources.add(source);
    for (const source of way.masqueraded) draft.masqueraded.add(source);
    const address = addressOf(rule, 'destination');
    const text = comments.join(' ');
    if (where === 'nodeports' || !address) {
      if (port !== null) draft.nodePorts.add(port);
    } else if (/external IP/i.test(text) || /load ?balancer IP/i.test(text) || /^KUBE-(FW|EXT|XLB)-/.test(callee.name))
      draft.external.add(withPort(address, port));
    else draft.cluster.add(withPort(address, port));
  };
  for (const rule of nat?.chains.get('KUBE-SERVICES')?.rules ?? []) read(rule, 'services');
  for (const name of ['KUBE-NODEPORTS', 'KUBE-NODEPORT', 'KUBE-NODEPORT-CONTAINER', 'KUBE-NODEPORT-HOST'])
    for (const rule of nat?.chains.get(name)?.rules ?? []) read(rule, 'nodeports');
  // Services whose portal rules are not in the text: their chains still tell.
  const seen = new Set([...drafts.values()].map(({ chain }) => chain));
  for (const chain of nat?.chains.values() ?? [])
    if (/^KUBE-SVC-/.test(chain.name) && !seen.has(chain) && chain.rules.length > 0) draftOf(nameOfChain(chain), null, chain);
  for (const rule of refusing) {
    const name = serviceNameIn(commentsOf(rule));
    const target = targetOf(rule.node);
    if (!name || (target !== 'REJECT' && target !== 'DROP')) continue;
    const draft = draftOf(name, protocolOf(rule), null);
    const isLocal = /no local endpoints/.test(commentsOf(rule).join(' '));
    const isFromOutside = rule.chain.name === 'KUBE-EXTERNAL-SERVICES';
    const words = `${isFromOutside ? 'from outside ' : ''}${target === 'DROP' ? 'dropped' : 'rejected'}: no ${isLocal ? 'endpoints on this node' : 'endpoints'}`;
    draft.refusals.set(words, [...(draft.refusals.get(words) ?? []), lineOf(rule)]);
    const address = addressOf(rule, 'destination');
    const port = portsOf(rule);
    if (!address && port !== null) draft.nodePorts.add(port);
    else if (address && !draft.cluster.has(withPort(address, port)))
      (isFromOutside ? draft.external : draft.cluster).add(withPort(address, port));
  }
  if (drafts.size === 0) return null;
  const services = [...drafts.values()].map((draft): Service => {
    const { endpoints, affinity } = draft.chain ? endpointsOf(draft.chain) : { endpoints: [], affinity: null };
    for (const rule of draft.chain?.rules ?? []) if (calleeOf(rule)?.name === 'KUBE-MARK-MASQ') draft.masqueraded.add(sourcesOf(rule));
    return {
      name: draft.name,
      protocol: draft.protocol ?? protocolOfEndpoints(draft.chain),
      chain: draft.chain?.name ?? null,
      cluster: [...draft.cluster],
      nodePorts: [...draft.nodePorts],
      external: [...draft.external],
      endpoints,
      localOnly: draft.localOnly,
      affinity,
      masqueraded: draft.masqueraded.has('all') ? ['all'] : [...draft.masqueraded],
      allowedSources: [...draft.allowedSources],
      refused:
        draft.refusals.size === 0
          ? null
          : [...draft.refusals].map(([words, at]) => `${words} (${at.length === 1 ? 'line' : 'lines'} ${at.join(', ')})`).join('; '),
    };
  });
  const portal = nat?.chains.get('KUBE-SERVICES');
  const isLoose = portal !== undefined && portal.rules.length > 0 && !isReached(portal);
  return {
    mode: 'iptables',
    services,
    notVisible: isLoose ? 'No built-in chain leads to KUBE-SERVICES in this text: as it stands, no packet comes to these services.' : null,
  };
};

const withPort = (address: string, port: string | null): string =>
  port === null ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** "all", "sources outside 10.244.0.0/16", "sources in 10.244.1.7". */
const sourcesOf = (rule: Rule): string => {
  const option = optionOf(rule.node, '', 'source');
  if (!option) return 'all';
  return `sources ${option.negated ? 'outside' : 'in'} ${printed(option, rule).replace(/\/(?:32|128)$/, '')}`;
};

/** A name from the comments of a chain's rules. */
const nameOfChain = (chain: Chain): string | null => {
  for (const rule of chain.rules) {
    const name = serviceNameIn(commentsOf(rule));
    if (name) return name;
  }
  return null;
};

/** From an outer chain of a service (KUBE-FW-, KUBE-EXT-, KUBE-XLB-) to the chain that spreads over its endpoints. */
const wayOf = (
  start: Chain,
): {
  readonly service: Chain | null;
  readonly isLocal: boolean;
  readonly allowed: readonly string[];
  readonly masqueraded: readonly string[];
} => {
  const allowed: string[] = [];
  const masqueraded: string[] = [];
  let local = false;
  let chain: Chain = start;
  for (let depth = 0; depth < 5; depth++) {
    if (/^KUBE-SVC-/.test(chain.name)) return { service: chain, isLocal: local, allowed, masqueraded };
    let next: Chain | null = null;
    let nodeLocal: Chain | null = /^KUBE-SVL-/.test(chain.name) ? chain : null;
    for (const rule of chain.rules) {
      const callee = calleeOf(rule);
      const source = addressOf(rule, 'source');
      if (callee?.name === 'KUBE-MARK-MASQ' && /^KUBE-(EXT|FW)-/.test(chain.name) && isForAll(rule)) masqueraded.push('all from outside');
      if (!callee || !/^KUBE-(SVC|SVL|EXT|XLB)-/.test(callee.name)) continue;
      if (/^KUBE-FW-/.test(chain.name) && source) allowed.push(source);
      if (/^KUBE-SVL-/.test(callee.name)) nodeLocal = callee;
      else next = callee;
    }
    // KUBE-XLB- spreads over the endpoints of this node itself.
    if (/^KUBE-XLB-/.test(chain.name) || nodeLocal) local = true;
    if (!next) return { service: nodeLocal ?? (chain.rules.length > 0 ? chain : null), isLocal: local, allowed, masqueraded };
    chain = next;
  }
  return { service: chain, isLocal: local, allowed, masqueraded };
};

/** Where a service's chain sends connections: probabilities of its rules multiplied out. */
const endpointsOf = (chain: Chain): { readonly endpoints: readonly Endpoint[]; readonly affinity: number | null } => {
  const endpoints = new Map<string, Endpoint>();
  let affinity: number | null = null;
  const walk = (from: Chain, whole: number, depth: number): void => {
    let left = whole;
    for (const rule of from.rules) {
      const callee = calleeOf(rule);
      const direct = natTargetOf(rule);
      if (!direct && !(callee && /^KUBE-(SEP|SVC|SVL)-/.test(callee.name))) continue;
      const remembered = optionOf(rule.node, 'recent', 'rcheck') ?? optionOf(rule.node, 'recent', 'update');
      if (remembered) {
        const seconds = optionOf(rule.node, 'recent', 'seconds');
        affinity ??= typeof seconds?.value === 'number' ? seconds.value : 0;
        continue;
      }
      const share = left * chanceOf(rule);
      left -= share;
      if (callee && /^KUBE-(SVC|SVL)-/.test(callee.name)) {
        if (depth < 5) walk(callee, share, depth + 1);
        continue;
      }
      const rules = callee ? callee.rules : [rule];
      const end = rules.find((each) => natTargetOf(each) !== null);
      // Dumps of broken versions print `:0` for what they cannot show.
      const told = end ? natTargetOf(end)! : '';
      const address = told === '' || told === ':0' ? 'not told here' : told;
      const hairpin = rules.some((each) => calleeOf(each)?.name === 'KUBE-MARK-MASQ' && addressOf(each, 'source') !== null);
      const key = `${callee?.name ?? lineOf(rule)}`;
      endpoints.set(key, {
        address,
        share: (endpoints.get(key)?.share ?? 0) + share,
        chain: callee?.name ?? null,
        hairpin,
        line: lineOf(end ?? rule),
      });
    }
  };
  walk(chain, 1, 0);
  return { endpoints: [...endpoints.values()], affinity };
};

/** The part of the packets that a rule's `-m statistic` takes. */
const chanceOf = (rule: Rule): number => {
  const probability = optionOf(rule.node, 'statistic', 'probability');
  if (probability) {
    const p = (probability.value as number) / 2 ** 31;
    return probability.negated ? 1 - p : p;
  }
  const every = optionOf(rule.node, 'statistic', 'every');
  if (!every) return 1;
  return every.negated ? 1 - 1 / (every.value as number) : 1 / (every.value as number);
};

const protocolOfEndpoints = (chain: Chain | null): string | null => {
  for (const rule of chain?.rules ?? [])
    for (const each of [rule, ...(calleeOf(rule)?.rules ?? [])]) {
      const protocol = natTargetOf(each) === null ? null : protocolOf(each);
      if (protocol) return protocol;
    }
  return null;
};

const setOf = (rule: Rule): string | null => {
  for (const { name, options } of rule.node.matches)
    if (name === 'set') for (const { key, value, spec } of options) if (key === 'set' && spec) return (value as { name: string }).name;
  return null;
};

/** In ipvs mode the rules hold nothing but set names: addresses come from the sets, endpoints of other nodes from nowhere. */
const ipvsServices = (sets: Ipsets | null, hasLeftOver: boolean): Services => {
  const missing =
    'kube-proxy runs in ipvs mode: the rules only mark and masquerade. Names and endpoints stand in IPVS (ipvsadm -Sn), not in the rules';
  const leftOver = hasLeftOver ? ' Nothing leads to the chains of services here: they are left over from iptables mode.' : '';
  if (!sets)
    return {
      mode: 'ipvs',
      services: [],
      notVisible: `${missing}; service addresses stand in ipsets: give ipset save with --ipset.${leftOver}`,
    };
  const drafts = new Map<string, { protocol: string; cluster: Set<string>; nodePorts: Set<string>; external: Set<string> }>();
  const of = (key: string, protocol: string) => {
    const draft = drafts.get(key) ?? { protocol, cluster: new Set<string>(), nodePorts: new Set<string>(), external: new Set<string>() };
    drafts.set(key, draft);
    return draft;
  };
  for (const set of sets.sets.values()) {
    const kind =
      /^(?:KUBE|KUBE-6)-(CLUSTER-IP|6-CLUSTER-IP|LOAD-BALANCER|EXTERNAL-IP|NODE-PORT-(?:TCP|UDP|SCTP)(?:-HASH)?)(?:-LOCAL)?$/.exec(
        set.name,
      )?.[1];
    if (!kind) continue;
    for (const { parts } of set.entries) {
      const address = parts.find((part) => part.kind === 'address');
      const port = parts.find((part) => part.kind === 'port');
      if (port?.kind !== 'port') continue;
      const told =
        port.protocol === null ? (/NODE-PORT-(TCP|UDP|SCTP)/.exec(kind)?.[1]?.toLowerCase() ?? 'tcp') : protocolName(port.protocol);
      if (kind.startsWith('NODE-PORT')) of(`port ${told} ${port.low}`, told).nodePorts.add(String(port.low));
      else if (address?.kind === 'address') {
        const text = withPort(printAddress(address.low), String(port.low));
        of(`${text} ${told}`, told)[kind.endsWith('CLUSTER-IP') ? 'cluster' : 'external'].add(text);
      }
    }
  }
  const endpoints = sets.sets.get('KUBE-LOOP-BACK') ?? sets.sets.get('KUBE-6-LOOP-BACK');
  const local = endpoints?.entries.flatMap(({ parts: [address, port] }) =>
    address?.kind === 'address' && port?.kind === 'port' ? [withPort(printAddress(address.low), String(port.low))] : [],
  );
  const services = [...drafts.values()].map(
    ({ protocol, cluster, nodePorts, external }): Service => ({
      name: null,
      protocol,
      chain: null,
      cluster: [...cluster],
      nodePorts: [...nodePorts],
      external: [...external],
      endpoints: [],
      localOnly: false,
      affinity: null,
      masqueraded: [],
      allowedSources: [],
      refused: null,
    }),
  );
  return {
    mode: 'ipvs',
    services,
    notVisible: `${missing}.${local && local.length > 0 ? ` Endpoints on this node, by KUBE-LOOP-BACK: ${local.join(', ')}.` : ''}${leftOver}`,
  };
};
