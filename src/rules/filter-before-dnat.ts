/** Filter rules for a published port or address, which they never see: DNAT has changed it before. */
import { type Network, type Ordinal, type Outline, printAddress } from '../../grammar/index.js';
import { networksOf, optionOf, portsOf, printed, protocolOf, targetOption } from '../explain/parts.js';
import { censusOf } from '../model/census.js';
import { makesOf } from '../model/makes.js';
import { ownerOfRule } from '../model/owners.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { defineCheck, type RulesetContext } from './define.js';

interface AddressRange {
  readonly first: Ordinal;
  readonly last: Ordinal;
}

interface NatTo {
  readonly addresses: AddressRange | null;
  readonly ports: { readonly first: number; readonly last: number } | null;
}

const onePort = (rule: Rule): number | null => {
  const ports = portsOf(rule);
  return ports !== null && /^\d+$/.test(ports) ? Number(ports) : null;
};

const asksPort = ({ matches }: Outline): boolean =>
  matches.some(({ options }) => options.some(({ key }) => key === 'destinationPort' || key === 'destinationPorts'));

const asksAddress = ({ matches }: Outline): boolean =>
  matches.some(({ name, options }) => name === '' && options.some(({ key, negated }) => key === 'destination' && !negated));

export default defineCheck({
  id: 'filter-before-dnat',
  category: 'nat',
  level: 'warning',
  summary: 'A rule in FORWARD asks for a port or address that DNAT has changed before.',
  why: 'DNAT comes before filter: FORWARD and DOCKER-USER see the new port and the new address, never the old ones. A rule there that refuses the published port 8080 refuses nothing, when DNAT makes it port 80. The rule is alive, since other forwarded packets may have that port; so it is told apart from shadowed rules, for DROP and REJECT rules in FORWARD and the chains below it that ask for exactly one port, where DNAT turns that port of the same protocol into another one, no rule makes it the new port of anything, and no address tells that another host is meant; and for those that ask for one address, where DNAT sends all that they ask for elsewhere.',
  advice:
    'Ask for the new port and address, or for the old one by -m conntrack --ctorigdstport 8080 (with --ctdir ORIGINAL), which connection tracking remembers.',
  examples: {
    find: [
      {
        title: 'refuses a published port in DOCKER-USER',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n*filter\n:FORWARD DROP [0:0]\n:DOCKER - [0:0]\n:DOCKER-USER - [0:0]\n-A FORWARD -j DOCKER-USER\n-A FORWARD -o docker0 -j DOCKER\n-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT\n-A DOCKER-USER -i eth0 -p tcp -m tcp --dport 8080 -j DROP\n-A DOCKER-USER -j RETURN\nCOMMIT\n',
      },
      {
        title: 'refuses strangers by the address before translation',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 198.51.100.7/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 192.0.2.10\nCOMMIT\n*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -s 203.0.113.0/24 -d 198.51.100.7/32 -p tcp -m tcp --dport 80 -j DROP\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'another port of the address, which DNAT leaves alone',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 198.51.100.7/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 192.0.2.10\nCOMMIT\n*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -d 198.51.100.7/32 -p tcp -m tcp --dport 22 -j DROP\nCOMMIT\n',
      },
      {
        title: 'by the port that connection tracking remembers',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n*filter\n:FORWARD DROP [0:0]\n:DOCKER-USER - [0:0]\n-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP\n-A DOCKER-USER -j RETURN\nCOMMIT\n',
      },
      {
        title: 'the port stays the same',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.0.2.10\nCOMMIT\n*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -i eth0 -p tcp -m tcp --dport 8080 -j DROP\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: (context) => {
    tellAddresses(context);
    tellPorts(context);
  },
});

const tellPorts = ({ ruleset, graph, facts, report }: RulesetContext): void => {
  const census = censusOf(ruleset);
  const dnats = census.withTarget('DNAT');
  if (dnats.length === 0) return;
  const refusing = ['DROP', 'REJECT'].flatMap((target) => census.withTarget(target)).filter((rule) => onePort(rule) !== null);
  if (refusing.length === 0) return;
  // Only DNAT that asks for a port changes one.
  if (!makesOf(ruleset).makes.some(({ outline }) => outline.target?.name === 'DNAT' && asksPort(outline))) return;
  const translated = new Map<string, Rule>();
  const made = new Set<string>();
  for (const rule of dnats) {
    if (rule.chain.table.name !== 'nat' || !graph.hooksOf(rule.chain).has('PREROUTING')) continue;
    const protocol = protocolOf(rule);
    const port = onePort(rule);
    const to = targetOption(rule.node, 'to')?.value as NatTo | undefined;
    const next = to?.ports ?? null;
    if (protocol === null || (port === null && next === null)) return; // what it translates cannot be told
    if (next) for (let each = next.first; each <= Math.min(next.last, next.first + 1000); each++) made.add(`${protocol} ${each}`);
    else if (port !== null) made.add(`${protocol} ${port}`);
    if (port !== null && next && next.first === next.last && next.first !== port) translated.set(`${protocol} ${port}`, rule);
  }
  if (translated.size === 0) return;
  for (const rule of refusing) {
    const port = onePort(rule);
    if (port === null || rule.chain.table.name !== 'filter') continue;
    const key = `${protocolOf(rule)} ${port}`;
    const dnat = translated.get(key);
    if (!dnat || made.has(key) || ownerOfRule(rule) || optionOf(rule.node, '', 'destination') || facts.status(rule) !== 'live') continue;
    const reached = graph.hooksOf(rule.chain);
    if (!reached.has('FORWARD') || reached.has('INPUT') || reached.has('OUTPUT')) continue;
    const to = targetOption(dnat.node, 'to')!;
    report({
      ...placeOfRule(rule),
      label: 'the port before DNAT',
      message: `port ${port} is translated to ${printed(to, dnat)} before this rule: it never sees what comes to the published port`,
      effect: `connections to port ${port} get through as if the rule were not there`,
      help: `ask for the new port, or use -m conntrack --ctorigdstport ${port} --ctdir ORIGINAL`,
      related: [{ at: spanOf(dnat.node), focus: [spanOf(dnat.node.target!)], message: 'changes the port first' }],
    });
  }
};

/** `-d ADDRESS`, one of them; null: another one, none or several. */
const oneAddress = (rule: Rule): Network | null => {
  const option = optionOf(rule.node, '', 'destination');
  const [network, ...others] = option && !option.negated ? networksOf(rule, 'destination') : [];
  return network && others.length === 0 && isHost(network) ? network : null;
};

const isHost = ({ mask }: Network): boolean => mask === 0xffffffff || mask === (1n << 128n) - 1n;

/** Refusals of an address that DNAT has changed for all that they ask for. */
const tellAddresses = ({ ruleset, graph, facts, report }: RulesetContext): void => {
  if (!makesOf(ruleset).makes.some(({ outline }) => outline.target?.name === 'DNAT' && asksAddress(outline))) return;
  const census = censusOf(ruleset);
  const translated = new Map<Ordinal, Rule[]>();
  const made: AddressRange[] = [];
  for (const rule of census.withTarget('DNAT')) {
    if (rule.chain.table.name !== 'nat' || !graph.hooksOf(rule.chain).has('PREROUTING')) continue;
    const { addresses } = (targetOption(rule.node, 'to')?.value as NatTo | undefined) ?? { addresses: null };
    if (addresses) made.push(addresses);
    const address = oneAddress(rule)?.address;
    if (addresses && address !== undefined) translated.set(address, [...(translated.get(address) ?? []), rule]);
  }
  if (translated.size === 0) return;
  for (const rule of ['DROP', 'REJECT'].flatMap((target) => census.withTarget(target))) {
    const address = oneAddress(rule)?.address;
    if (address === undefined || rule.chain.table.name !== 'filter') continue;
    const dnat = translated.get(address)?.find((each) => {
      const [protocol, ports] = [protocolOf(each), portsOf(each)];
      return (protocol === null || protocol === protocolOf(rule)) && (ports === null || ports === portsOf(rule));
    });
    if (!dnat || made.some(({ first, last }) => first <= address && address <= last)) continue;
    if (ownerOfRule(rule) || facts.status(rule) !== 'live') continue;
    const reached = graph.hooksOf(rule.chain);
    if (!reached.has('FORWARD') || reached.has('INPUT') || reached.has('OUTPUT')) continue;
    const old = printAddress(address);
    report({
      ...placeOfRule(rule),
      label: 'the address before DNAT',
      message: `${old} is translated to ${printed(targetOption(dnat.node, 'to')!, dnat)} before this rule: it never sees these connections`,
      effect: `connections to ${old} get through as if the rule were not there`,
      help: `ask for the new address, or use -m conntrack --ctorigdst ${old} --ctdir ORIGINAL`,
      related: [{ at: spanOf(dnat.node), focus: [spanOf(dnat.node.target!)], message: 'changes the address first' }],
    });
  }
};
