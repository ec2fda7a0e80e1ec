/**
 * Who made a chain or a rule: programs that write rules of their own leave names, comments and bridges by which they are known. From their
 * documentation and from rulesets that they wrote (kube-proxy, Docker, netavark, firewalld, libvirt, ufw and others run in namespaces).
 */
import { optionIn, outlined, targetOf, valueIn } from '../../grammar/index.js';
import { censusOf } from './census.js';
import type { Chain, Rule, Ruleset, Table } from './ruleset.js';

/** The program behind a chain or a rule. */
export interface Owner {
  /** Lasting name in kebab-case. */
  readonly id: string;
  /** As people call it. */
  readonly name: string;
  /** What the chain (or the rule) is for, one line without a full stop. */
  readonly purpose: string;
  /** The owner made the chain for rules of the user's: what stands in it is his, and so are findings about it. */
  readonly isForUser: boolean;
  /** The owner makes the chain ahead of need, or as a sign to others: it may stand there unused. */
  readonly isMadeAhead: boolean;
}

/** How a chain of a manager is known: its name, what it is for, and what sets it apart from the manager's other chains. */
type ChainMark = readonly [name: RegExp, purpose: string, kind?: 'user' | 'ahead'];

interface Manager {
  readonly id: string;
  readonly name: string;
  /** The first that fits counts. */
  readonly chains?: readonly ChainMark[];
  /** The chain names count only in a table that holds a chain of this name: they are too common by themselves. */
  readonly beside?: RegExp;
  /** Comments that the manager puts on rules, and what such rules are for. */
  readonly comments?: RegExp;
  /** Further ways to know a rule in a built-in chain. */
  readonly isRule?: (rule: Rule) => boolean;
}

/** In order: a name that fits several belongs to the first. */
const managers: readonly Manager[] = [
  {
    id: 'kube-router',
    name: 'kube-router',
    chains: [
      [/^KUBE-ROUTER-(INPUT|FORWARD|OUTPUT)$/, 'sends pod traffic to the network policies of kube-router'],
      [/^KUBE-ROUTER-SERVICES$/, 'lets traffic to service addresses of this node in'],
      [/^KUBE-POD-FW-[A-Z0-9]{16}$/, 'network policies that apply to one pod'],
      [/^KUBE-NWPLCY-DEFAULT$/, 'what pods without a network policy may do', 'ahead'],
      [/^KUBE-NWPLCY-(COMMON|[A-Z0-9]{16})$/, 'one network policy', 'ahead'],
    ],
  },
  {
    id: 'kubelet',
    name: 'kubelet',
    chains: [
      [/^KUBE-KUBELET-CANARY$/, 'empty on purpose: when it vanishes, kubelet knows that somebody flushed the table', 'ahead'],
      [/^KUBE-IPTABLES-HINT$/, 'empty on purpose: shows other programs which back end kubelet uses', 'ahead'],
      [/^KUBE-MARK-DROP$/, 'marks packets for the drop in KUBE-FIREWALL', 'ahead'],
      [/^KUBE-FIREWALL$/, 'drops marked packets, and packets from outside to 127.0.0.0/8', 'ahead'],
    ],
  },
  {
    id: 'kubenet',
    name: 'kubenet',
    isRule: (rule) => masquerades(rule) && leavesOutside(rule, /^cbr0$/),
  },
  {
    id: 'kube-proxy',
    name: 'kube-proxy',
    chains: [
      [/^KUBE-PROXY-CANARY$/, 'empty on purpose: when it vanishes, kube-proxy knows that somebody flushed the table', 'ahead'],
      [/^KUBE-SERVICES$/, 'finds the service that a packet is for'],
      [/^KUBE-SVC-[A-Z0-9]{16}$/, 'one service port: spreads connections over its endpoints'],
      [/^KUBE-SVL-[A-Z0-9]{16}$/, 'one service port: the endpoints on this node'],
      [/^KUBE-XLB-[A-Z0-9]{16}$/, 'one service port: traffic from outside, for endpoints on this node'],
      [/^KUBE-EXT-[A-Z0-9]{16}$/, 'one service port: traffic from outside the cluster'],
      [/^KUBE-SEP-[A-Z0-9]{16}$/, 'one endpoint: sends connections to a pod'],
      [/^KUBE-FW-[A-Z0-9]{16}$/, 'one load balancer address: which sources may use it'],
      [/^KUBE-NODEPORTS?$/, 'finds the service behind a node port', 'ahead'],
      [/^KUBE-POSTROUTING$/, "gives marked connections the node's address"],
      [/^KUBE-MARK-MASQ$/, 'marks connections that must leave with the address of the node', 'ahead'],
      [/^KUBE-FORWARD$/, 'lets forwarded service traffic through'],
      [/^KUBE-EXTERNAL-SERVICES$/, 'answers for external addresses of services without endpoints', 'ahead'],
      [/^KUBE-(PROXY|SOURCE-RANGES)-FIREWALL$/, 'keeps sources out that a load balancer does not allow', 'ahead'],
      [/^KUBE-LOAD-BALANCER$/, 'ipvs mode: what becomes of packets to load balancer addresses', 'ahead'],
      [/^KUBE-NODE-PORT$/, 'ipvs mode: what becomes of packets to node ports', 'ahead'],
      [/^KUBE-(LOAD-BALANCER|SOURCE-RANGES-FIREWALL|IPVS-\w+|[A-Z-]+)$/, 'part of the service proxy', 'ahead'],
    ],
    comments:
      /^(kubernetes (service|postrouting|portal|forwarding|externally|load balancer|health check|ephemeral|conntrack|node ?ports?)\b|handle ClusterIPs; |handle service NodePorts; |Kubernetes (service|nodeport))/i,
  },
  {
    id: 'ip-masq-agent',
    name: 'ip-masq-agent',
    chains: [[/^IP-MASQ(-AGENT)?$/, "gives pod traffic that leaves the cluster the node's address"]],
    comments: /^ip-masq-agent: /,
  },
  {
    id: 'docker',
    name: 'Docker',
    chains: [
      [/^DOCKER-USER$/, 'rules of yours, asked before those of Docker', 'user'],
      [/^DOCKER-FORWARD$/, 'the way of forwarded container traffic through the chains of Docker'],
      [/^DOCKER-ISOLATION(-STAGE-[12])?$/, 'keeps bridge networks apart from each other', 'ahead'],
      [/^DOCKER-CT$/, 'lets replies to containers through', 'ahead'],
      [/^DOCKER-(BRIDGE|INTERNAL)$/, 'sends traffic to a bridge network on to its rules', 'ahead'],
      [/^DOCKER-INGRESS$/, 'published ports of swarm services', 'ahead'],
      [/^DOCKER$/, 'published ports: what may reach containers, and where it is sent', 'ahead'],
      [/^DOCKER_(OUTPUT|POSTROUTING)$/, "sends queries to 127.0.0.11 on to Docker's name server, and its answers back"],
    ],
    isRule: (rule) =>
      (masquerades(rule) && (isBridgeOut(rule) || (rule.chain.table.chains.has('DOCKER') && hasDockerShape(rule)))) ||
      isBridgeForward(rule, dockerBridge),
  },
  {
    id: 'calico',
    name: 'Calico',
    chains: [
      [/^cali-(pi|po|pri|pro|gi|go)-?/, 'one network policy or profile'],
      [/^cali-(tw|fw|th|fh|thfw|fhfw|sm)-/, 'one workload or host interface'],
      [/^cali-(nat-outgoing|POSTROUTING|fip-snat)$/, 'source NAT of pod traffic'],
      [/^cali-/, 'network policy and routing of pods', 'ahead'],
      [/^felix-/, 'network policy and routing of pods', 'ahead'],
    ],
    comments: /^cali:/,
  },
  {
    id: 'flannel',
    name: 'Flannel',
    chains: [
      [/^FLANNEL-POSTRTG$/, "gives pod traffic that leaves the cluster the node's address"],
      [/^FLANNEL-FWD$/, 'lets traffic of the pod network through'],
    ],
    comments: /^flanneld /,
    isRule: (rule) => masquerades(rule) && negatedDestination(rule, 0xe0000000, 0xf0000000) && sourceOf(rule) !== null,
  },
  {
    id: 'cilium',
    name: 'Cilium',
    chains: [[/^(OLD_)?CILIUM_/, 'pod traffic on its way to and from the eBPF programs of Cilium', 'ahead']],
    comments: /^cilium(:|-feeder:)/,
  },
  {
    id: 'istio',
    name: 'Istio',
    chains: [
      [/^ISTIO_(IN|OUT)?_?REDIRECT$/, 'sends connections to the sidecar proxy', 'ahead'],
      [/^ISTIO_/, 'decides which connections of the pod go through the sidecar proxy', 'ahead'],
    ],
  },
  {
    id: 'linkerd',
    name: 'Linkerd',
    chains: [[/^PROXY_INIT_(REDIRECT|OUTPUT)$/, 'decides which connections of the pod go through the proxy']],
    comments: /^proxy-init\//,
  },
  {
    id: 'kuma',
    name: 'Kuma',
    chains: [[/^(KUMA_)?MESH_(IN|OUT)BOUND(_REDIRECT)?$/, 'decides which connections of the pod go through the proxy', 'ahead']],
    comments: /^kuma\//,
  },
  {
    id: 'antrea',
    name: 'Antrea',
    chains: [[/^ANTREA-/, 'pod traffic on its way to and from Open vSwitch, and node network policies', 'ahead']],
    comments: /^Antrea: /,
  },
  {
    id: 'ovn-kubernetes',
    name: 'OVN-Kubernetes',
    chains: [[/^OVN-KUBE-/, 'service and egress traffic on its way to and from Open vSwitch', 'ahead']],
  },
  {
    id: 'openshift-sdn',
    name: 'OpenShift SDN',
    chains: [
      [/^OPENSHIFT-ADMIN-OUTPUT-RULES$/, 'rules of yours for traffic that leaves the cluster', 'user'],
      [/^OPENSHIFT-/, 'pod traffic, and its source NAT', 'ahead'],
    ],
  },
  {
    id: 'weave',
    name: 'Weave Net',
    chains: [
      [/^WEAVE-NPC-?/, 'network policies of pods', 'ahead'],
      [/^WEAVE(-|$)/, 'source NAT and forwarding of the container network', 'ahead'],
    ],
    isRule: (rule) => isBridgeForward(rule, /^weave$/),
  },
  {
    id: 'aws-vpc-cni',
    name: 'AWS VPC CNI',
    chains: [
      [/^AWS-SNAT-CHAIN-\d+$/, "gives pod traffic that leaves the VPC the node's address"],
      [/^AWS-CONNMARK-CHAIN-\d+$/, 'marks connections so that replies leave by the interface they came in by'],
    ],
    comments: /^AWS[, ]/,
  },
  {
    id: 'azure-npm',
    name: 'Azure network policy manager',
    chains: [[/^AZURE-NPM/, 'network policies of pods', 'ahead']],
  },
  {
    id: 'node-local-dns',
    name: 'NodeLocal DNSCache',
    comments: /^NodeLocal DNS Cache/,
  },
  {
    id: 'cni',
    name: 'CNI plugins',
    chains: [
      [/^CNI-ADMIN$/, 'rules of yours, asked before those of the CNI plugins', 'user'],
      [/^CNI-FORWARD$/, 'lets container traffic through'],
      [/^CNI-HOSTPORT-DNAT$/, 'finds the container behind a host port'],
      [/^CNI-HOSTPORT-SETMARK$/, "marks connections to host ports that must leave with the host's address"],
      [/^CNI-HOSTPORT-MASQ$/, "gives marked connections the host's address"],
      [/^CNI-DN-[0-9a-f]+$/, 'host ports of one container'],
      [/^CNI-SN-[0-9a-f]+$/, 'source NAT of one container'],
      [/^CNI-[0-9a-f]{24}$/, 'source NAT of one container'],
      [/^CNI-ISOLATION-STAGE-[12]$/, 'keeps bridge networks apart from each other', 'ahead'],
    ],
    comments: /^(name: ".*" id: "|dnat name: ".*" id: "|CNI (portfwd|firewall plugin)|portmap |cni(-|, ))/,
  },
  {
    id: 'netavark',
    name: 'Podman (netavark)',
    chains: [
      [/^NETAVARK_FORWARD$/, 'lets container traffic through'],
      [/^NETAVARK_INPUT$/, 'lets containers reach the name server of their network'],
      [/^NETAVARK_ISOLATION_[123]$/, 'keeps networks apart from each other', 'ahead'],
      [/^NETAVARK-HOSTPORT-DNAT$/, 'finds the container behind a published port', 'ahead'],
      [/^NETAVARK-HOSTPORT-SETMARK$/, "marks connections to published ports that must leave with the host's address", 'ahead'],
      [/^NETAVARK-HOSTPORT-MASQ$/, "gives marked connections the host's address"],
      [/^NETAVARK-DN-/, 'published ports of one network'],
      [/^NETAVARK-/, 'source NAT of one network'],
    ],
    comments: /^netavark /,
  },
  {
    id: 'libvirt',
    name: 'libvirt',
    chains: [
      [/^LIBVIRT_INP$/, 'lets guests reach DHCP and DNS on the host'],
      [/^LIBVIRT_OUT$/, 'lets the host answer guests over DHCP and DNS'],
      [/^LIBVIRT_FWI$/, 'forwarded traffic to guests'],
      [/^LIBVIRT_FWO$/, 'forwarded traffic from guests'],
      [/^LIBVIRT_FWX$/, 'traffic between guests'],
      [/^LIBVIRT_PRT$/, 'source NAT of guests'],
      [/^(FI|FO|HI)-(vnet|macvtap)\d+$/, 'filter of one guest interface'],
      [/^libvirt-(in|out|in-post|host-in)$/, 'filters of guest interfaces', 'ahead'],
    ],
    isRule: (rule) => masquerades(rule) && isFromNetworkToOthers(rule) && toPorts(rule) === '1024-65535',
  },
  {
    id: 'neutron',
    name: 'OpenStack',
    chains: [
      [/^(neutron|quantum)-meter-/, 'counts traffic of a tenant', 'ahead'],
      [/^(neutron|quantum|nova)-/, 'security groups and routers of the cloud', 'ahead'],
    ],
  },
  {
    id: 'proxmox',
    name: 'Proxmox VE',
    chains: [
      [/^PVEFW-/, 'firewall of the host and its guests, as configured in Proxmox VE', 'ahead'],
      [/^(tap|veth)\d+i\d+-(IN|OUT)$/, 'firewall of one guest interface', 'ahead'],
      [/^GROUP-.+-(IN|OUT)$/, 'one security group', 'ahead'],
    ],
    beside: /^PVEFW-/,
  },
  {
    id: 'lxd',
    name: 'LXD or Incus',
    chains: [[/^(lxd|incus)_/, 'forwarding and source NAT of containers']],
    comments: /^generated for (LXD|Incus) /,
  },
  {
    id: 'lxc',
    name: 'LXC (lxc-net)',
    isRule: (rule) => masquerades(rule) && isFromNetworkToOthers(rule) && mentionsInterface(rule.chain.table.ruleset, /^lxcbr\d+$/),
  },
  {
    id: 'tailscale',
    name: 'Tailscale',
    chains: [
      [/^ts-input$/, 'lets traffic of the tailnet in, and keeps spoofed addresses out'],
      [/^ts-forward$/, 'forwards traffic of the tailnet'],
      [/^ts-postrouting$/, 'source NAT of traffic from the tailnet'],
    ],
  },
  {
    id: 'wg-quick',
    name: 'wg-quick',
    comments: /^wg-quick\(8\) rule/,
  },
  {
    id: 'oracle-cloud',
    name: 'Oracle Cloud',
    chains: [[/^(Bare)?InstanceServices$/, "keeps programs without privilege from the cloud's own services", 'ahead']],
  },
  {
    id: 'openvpn-as',
    name: 'OpenVPN Access Server',
    chains: [[/^AS0_/, 'access of VPN clients, as the server is configured', 'ahead']],
  },
  {
    id: 'fail2ban',
    name: 'fail2ban',
    chains: [[/^(f2b|fail2ban)-/, 'addresses that one jail has banned', 'ahead']],
  },
  {
    id: 'sshguard',
    name: 'sshguard',
    chains: [[/^sshguard$/i, 'addresses that are banned for attacks', 'ahead']],
  },
  {
    id: 'crowdsec',
    name: 'CrowdSec',
    chains: [[/^CROWDSEC_/, 'addresses that CrowdSec has decided to block', 'ahead']],
  },
  {
    id: 'miniupnpd',
    name: 'miniupnpd',
    chains: [[/^MINIUPNPD(-|$)/, 'port forwardings that programs of the network have asked for', 'ahead']],
  },
  {
    id: 'ufw',
    name: 'ufw',
    chains: [
      [/^ufw6?-user-(limit|limit-accept|logging-\w+)$/, 'what the limits and logs of your ufw rules end in', 'ahead'],
      [/^ufw6?-user-(input|output|forward)$/, 'rules that you gave to ufw', 'user'],
      [/^ufw6?-before-(input|output|forward)$/, 'rules of before.rules, asked before yours', 'ahead'],
      [/^ufw6?-after-(input|output|forward)$/, 'rules of after.rules, asked behind yours', 'ahead'],
      [/^ufw6?-skip-to-policy-/, 'ends without a log entry, as the default policy says', 'ahead'],
      [/^ufw6?-(reject|track|not-local|logging|before-logging|after-logging)/, 'logging, tracking and default policy of ufw', 'ahead'],
    ],
  },
  {
    id: 'firewalld',
    name: 'firewalld',
    chains: [
      [/^(INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING)_direct$/, 'direct rules that you gave to firewalld', 'user'],
      [
        /^(INPUT|FORWARD(_IN|_OUT)?|OUTPUT|PREROUTING|POSTROUTING)_(ZONES(_SOURCE)?|POLICIES_(pre|post)|IN_ZONES|OUT_ZONES)/,
        'finds the zone or policy of a packet',
        'ahead',
      ],
      [/^(IN|FWD|FWDI|FWDO|OUT|PRE|POST)_.+_(pre|post|log|deny|allow)$/, 'one part of a zone or policy', 'ahead'],
      [/^(IN|FWD|FWDI|FWDO|OUT|PRE|POST)_/, 'one zone or policy', 'ahead'],
    ],
    beside: /^(INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING)_(direct|ZONES|POLICIES_pre)$/,
    // It flushes the tables when it starts: where its chains stand, the built-in chains are its own.
    isRule: ({ chain }) => chain.table.chains.has(`${chain.name}_direct`) || chain.table.chains.has(`${chain.name}_ZONES`),
  },
  {
    id: 'vyatta',
    name: 'EdgeOS or VyOS',
    chains: [[/^(VYATTA|VYOS|UBNT)_/, 'finds the rule sets that the configuration names', 'ahead']],
  },
  {
    id: 'nixos',
    name: 'NixOS',
    chains: [[/^nixos-(fw|nat|drop)/, 'firewall and NAT of the system configuration', 'ahead']],
  },
  {
    id: 'openwrt',
    name: 'OpenWrt fw3',
    chains: [
      [/^(input|output|forwarding|prerouting|postrouting)_(\w+_)?rule$/, 'rules of yours (/etc/firewall.user)', 'user'],
      [/^(input|output|forwarding|prerouting|postrouting)_(wan|lan|guest)$/, 'rules of yours (/etc/firewall.user)', 'user'],
      [/^zone_\w+_(src|dest)_(ACCEPT|REJECT|DROP)$/, 'what a zone does with packets in the end', 'ahead'],
      [/^zone_\w+$/, 'one zone', 'ahead'],
      [
        /^(delegate_\w+|syn_flood|reject|mssfix|notrack|forward|input|output|nat_reflection_\w+)$/,
        'part of the firewall that fw3 generates',
        'ahead',
      ],
    ],
    beside: /^(zone_(wan|lan)|delegate_(input|prerouting|forward))/,
    comments: /^!fw3/,
  },
  {
    id: 'shorewall',
    name: 'Shorewall',
    chains: [
      [/^(accounting|acct\w+)$/, 'accounting', 'ahead'],
      [/^dynamic$/, 'addresses that were blocked at run time', 'ahead'],
      [/^\w+_(in|out|fwd|frwd|input|forward|output|masq|dnat|nat|ctrl|oexcl|iexcl)$/, 'traffic of one interface or zone', 'ahead'],
      [/^[a-z]\w*([-2~])[a-z]\w*$/, 'traffic from one zone to another', 'ahead'],
      [
        /^(log\w*|Drop|Reject|Broadcast|Multicast|smurfs|smurflog|tcpflags|reject|shorewall|sfilter\d*|sha-[\w-]+|~\w+|%\w+|Invalid|NotSyn|Allow\w+|Drop\w+|blacklst|blacklog|blackout|rfc1918\d?|norfc1918|mac\w*|dst\w*|\w+)$/,
        'part of the firewall that Shorewall generates',
        'ahead',
      ],
    ],
    beside: /^shorewall$/,
  },
  {
    id: 'qubes',
    name: 'Qubes OS',
    chains: [
      [/^CUSTOM-/, 'rules of yours', 'user'],
      [/^(PR-)?QBS-/, 'firewall of qubes', 'ahead'],
    ],
    beside: /^(PR-)?QBS-/,
  },
  {
    id: 'arno',
    name: 'arno-iptables-firewall',
    chains: [
      [
        /^(HOST_BLOCK_\w+|VALID_CHK|SPOOF_CHK|RESERVED_NET_CHK|(INT|EXT|DMZ|LAN|INET|BASE|POST|NAT|POST_NAT)_\w*(CHAIN|DROP)|(INPUT|OUTPUT|FORWARD)_CHAIN)$/,
        'part of the firewall that the script generates',
        'ahead',
      ],
    ],
    beside: /^(EXT_INPUT_CHAIN|NAT_PREROUTING_CHAIN|BASE_INPUT_CHAIN)$/,
  },
  {
    id: 'apf',
    name: 'Advanced Policy Firewall',
    chains: [
      [
        /^(T(G|MP_)?(ALLOW|DENY|DROP)|PHP|PROHIBIT|RESET|RABPSCAN|(IN|OUT)_SANITY|FRAG_UDP|PZERO|IDENT|REFRESH_TEMP|SDALLOW|SDROP|PROHIBIT)$/,
        'part of the firewall that apf generates',
        'ahead',
      ],
    ],
    beside: /^(TGALLOW|TGDENY)$/,
  },
  {
    id: 'csf',
    name: 'ConfigServer Firewall',
    chains: [
      [
        /^(LOCAL|ALLOW|DENY|LOGDROP|INVALID|INVDROP|BOGON|CC_|SPAMHAUS|DSHIELD|SMTPOUTPUT|PORTFLOOD|SYNFLOOD|UDPFLOOD|GALLOW|GDENY)\w*$/,
        'part of the firewall that csf generates',
        'ahead',
      ],
    ],
    beside: /^LOGDROPIN$/,
  },
  {
    id: 'synology',
    name: 'Synology DSM',
    chains: [
      [/^DOS_PROTECT$/, 'protection against floods and scans', 'ahead'],
      [/^(DEFAULT_(INPUT|FORWARD|OUTPUT|POSTROUTING)|(INPUT|FORWARD)_FIREWALL)$/, 'rules of the firewall in the control panel', 'ahead'],
    ],
    beside: /^(DEFAULT_INPUT|DOS_PROTECT|INPUT_FIREWALL)$/,
  },
];

const chainOwners = new WeakMap<Table, Map<Chain, Owner | null>>();
const besides = new WeakMap<Table, Set<Manager>>();

/** Managers whose common names count in this table. */
const managersOf = (table: Table): ReadonlySet<Manager> => {
  let found = besides.get(table);
  if (!found) {
    found = new Set();
    for (const manager of managers) {
      const { beside } = manager;
      if (!beside) continue;
      for (const other of table.ruleset.tables.values())
        if ([...other.chains.keys()].some((name) => beside.test(name))) {
          found.add(manager);
          break;
        }
    }
    besides.set(table, found);
  }
  return found;
};

/** The program that manages a user-defined chain; null for built-in chains and for chains that no known program makes. */
export const ownerOf = (chain: Chain): Owner | null => {
  if (chain.hook) return null;
  let owners = chainOwners.get(chain.table);
  if (!owners) {
    owners = new Map();
    chainOwners.set(chain.table, owners);
  }
  let owner = owners.get(chain);
  if (owner === undefined) {
    owner = findOwner(chain);
    owners.set(chain, owner);
  }
  return owner;
};

/** The letters that every name begins with that a pattern fits, as far as they are plain; none where it has alternatives outside brackets. */
const headOf = ({ source, flags }: RegExp): string =>
  (flags === '' && !source.replaceAll(/\([^()]*\)/g, '').includes('|') && /^\^([\w-]+)(?![\w-]*[?*{])/.exec(source)?.[1]) || '';

/** The marks of all managers in order, each with the letters that its names begin with: comparing them is far quicker than trying a pattern, and there may be 30,000 chains. */
const chainMarks = managers.flatMap((manager) =>
  (manager.chains ?? []).map(([pattern, purpose, kind]) => ({
    manager,
    head: headOf(pattern),
    pattern,
    owner: { id: manager.id, name: manager.name, purpose, isForUser: kind === 'user', isMadeAhead: kind === 'ahead' },
  })),
);

const findOwner = ({ name, table }: Chain): Owner | null => {
  for (let i = 0; i < chainMarks.length; i++) {
    const { manager, head, pattern, owner } = chainMarks[i]!;
    if (name.startsWith(head) && (!manager.beside || managersOf(table).has(manager)) && pattern.test(name)) return owner;
  }
  return null;
};

/**
 * The program that wrote a rule: the one that manages its chain, unless that is there for the user's rules; in other chains the one whose
 * comment it bears, whose chain it jumps to, or whose shape it has.
 */
export const ownerOfRule = (rule: Rule): Owner | null => {
  const own = ownerOf(rule.chain);
  if (own) return own.isForUser ? null : own;
  const comment = commentOf(rule);
  const { action } = rule;
  const callee = action.kind === 'jump' || action.kind === 'goto' ? ownerOf(action.chain) : null;
  if (callee) return { ...callee, purpose: `leads to ${(action as { chain: Chain }).chain.name}: ${callee.purpose}`, isForUser: false };
  for (let i = 0; i < managers.length; i++) {
    const manager = managers[i]!;
    if ((comment !== null && manager.comments?.test(comment)) || (rule.chain.hook && manager.isRule?.(rule)))
      return { id: manager.id, name: manager.name, purpose: 'one of its rules', isForUser: false, isMadeAhead: false };
  }
  return null;
};

/** The name to tell with a finding about a rule: its owner's, if it has one. */
export const ownerNameOf = (rule: Rule): { readonly owner?: string } => {
  const owner = ownerOfRule(rule);
  return owner ? { owner: owner.name } : {};
};

/** Programs have names in the singular; plugins do not. */
export const verbFor = (owner: string, singular: string, plural: string): string => (/plugins$/.test(owner) ? plural : singular);

/** The first comment of a rule. */
export const commentOf = ({ node }: Rule): string | null => {
  const { outline, values } = outlined(node);
  for (let i = 0; i < outline.matches.length; i++) {
    const { name, options } = outline.matches[i]!;
    if (name === 'comment')
      for (let j = 0; j < options.length; j++) {
        const option = options[j]!;
        const value = valueIn(option, values);
        if (typeof value === 'string') return value;
      }
  }
  return null;
};

const basicOf = ({ node }: Rule, key: string) => {
  const { outline, values } = outlined(node);
  const [basics] = outline.matches;
  return basics?.name === '' ? (optionIn(basics, key, values) ?? undefined) : undefined;
};

const masquerades = ({ node }: Rule): boolean => targetOf(node) === 'MASQUERADE';

/** `-s NET`, and its one network. */
const sourceOf = (rule: Rule): { readonly address: unknown; readonly mask: unknown } | null => networkIn(rule, 'source', false);

const networkIn = (
  rule: Rule,
  key: 'source' | 'destination',
  negated: boolean,
): { readonly address: unknown; readonly mask: unknown } | null => {
  const option = basicOf(rule, key);
  const list =
    option && option.negated === negated ? (option.value as readonly { kind: string; address?: unknown; mask?: unknown }[]) : null;
  const [only] = list ?? [];
  return list?.length === 1 && only?.kind === 'network' ? { address: only.address, mask: only.mask } : null;
};

const negatedDestination = (rule: Rule, address: number, mask: number): boolean => {
  const found = networkIn(rule, 'destination', true);
  return found?.address === address && found.mask === mask;
};

/** `-s NET ! -d NET`. */
const isFromNetworkToOthers = (rule: Rule): boolean => {
  const from = sourceOf(rule);
  const to = networkIn(rule, 'destination', true);
  return from !== null && to !== null && from.address === to.address && from.mask === to.mask;
};

const dockerBridge = /^(docker\d*|docker_gwbridge|br-[0-9a-f]{12})$/;

/** `-s NET ! -o BRIDGE`: what leaves a bridge network of Docker. */
const isBridgeOut = (rule: Rule): boolean => leavesOutside(rule, dockerBridge);

/** What lets a bridge network talk: ACCEPT in FORWARD by interfaces alone, or replies to it. No addresses, no ports. */
const isBridgeForward = (rule: Rule, bridge: RegExp): boolean => {
  if (rule.chain.hook !== 'FORWARD' || targetOf(rule.node) !== 'ACCEPT') return false;
  const names = [basicOf(rule, 'inInterface'), basicOf(rule, 'outInterface')].flatMap((option) =>
    option ? [(option.value as { name: string }).name] : [],
  );
  return (
    names.length > 0 &&
    names.every((name) => bridge.test(name)) &&
    rule.node.matches.every(({ name, options }) =>
      name === ''
        ? options.every(({ key }) => key === 'inInterface' || key === 'outInterface')
        : name === 'conntrack' || name === 'comment',
    )
  );
};

const leavesOutside = (rule: Rule, bridge: RegExp): boolean => {
  const option = basicOf(rule, 'outInterface');
  return option?.negated === true && sourceOf(rule) !== null && bridge.test((option.value as { name: string }).name);
};

/**
 * Beside a chain DOCKER the same shape with a bridge of any name; `-s HOST -d HOST`, a container that calls itself by its published port; and
 * `-o BRIDGE -m addrtype --src-type LOCAL`, the host that calls a container.
 */
const hasDockerShape = (rule: Rule): boolean => {
  const from = sourceOf(rule);
  const to = networkIn(rule, 'destination', false);
  const isSelf = from !== null && to !== null && from.address === to.address && from.mask === to.mask;
  const out = basicOf(rule, 'outInterface');
  const isFromHost = out?.negated === false && rule.node.matches.some(({ name }) => name === 'addrtype');
  return isSelf || isFromHost || leavesOutside(rule, /./);
};

const seenInterfaces = new WeakMap<Ruleset, ReadonlySet<string>>();

/** Some rule of the ruleset names an interface of this pattern. */
const mentionsInterface = (ruleset: Ruleset, pattern: RegExp): boolean => {
  let names = seenInterfaces.get(ruleset);
  if (!names) {
    const found = new Set<string>();
    for (const rule of censusOf(ruleset).onInterface)
      for (const key of ['inInterface', 'outInterface']) {
        const option = basicOf(rule, key);
        if (option) found.add((option.value as { name: string }).name);
      }
    names = found;
    seenInterfaces.set(ruleset, names);
  }
  for (const name of names) if (pattern.test(name)) return true;
  return false;
};

const toPorts = ({ node }: Rule): string | null => {
  const option = node.target?.options.find(({ key }) => key === 'ports');
  const value = option?.value as { first?: number; last?: number } | undefined;
  return value ? `${value.first}-${value.last}` : null;
};
