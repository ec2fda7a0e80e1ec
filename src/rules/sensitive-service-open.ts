/** Services that nobody on the Internet should reach, let in by name from any source. */
import { outlined, valueIn } from '../../grammar/index.js';
import { filterChain, stanceOf } from '../analysis/intent.js';
import { anyPublic, elsewhere, newTcp, newUdp, outside, probe } from '../analysis/probe.js';
import { tellingWords } from '../explain/death.js';
import { censusOf } from '../model/census.js';
import { ownerOfRule } from '../model/owners.js';
import { placeOfRule } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { sensitiveServices } from '../model/sensitive-ports.js';
import { defineCheck } from './define.js';

interface Ports {
  readonly first: number;
  readonly last: number;
}

/** Ports that a rule asks for by name or in a narrow range, so that it plainly is about them. */
const namesPort = ({ node }: Rule, port: number): boolean => {
  const { outline, values } = outlined(node);
  return outline.matches.some(({ name, options }) => {
    if (name !== 'tcp' && name !== 'udp' && name !== 'multiport') return false;
    return options.some((option) => {
      if (option.negated || !option.spec || !/^(destinationPort|destinationPorts|ports)$/.test(option.key)) return false;
      const value = valueIn(option, values);
      const ranges = (Array.isArray(value) ? value : [value]) as readonly Ports[];
      return ranges.some(({ first, last }) => first <= port && port <= last && last - first < 20);
    });
  });
};

export default defineCheck({
  id: 'sensitive-service-open',
  category: 'security',
  level: 'warning',
  summary: 'A service that is not meant for the Internet is let in from any source.',
  why: 'Databases, caches, file sharing and administration ports are found by scanners within minutes, and many of them ask for no password by default. Told where INPUT refuses strangers in general, yet a rule that names such a port lets a new connection from any Internet address in, on interfaces that no rule names: the packet shown is proved to be accepted. A rule that names a source, a set or an inner interface is left alone, and so are SSH, web, mail and VPN ports. What a host does that refuses nothing at all is told by open-policy.',
  advice: 'Name the sources that need the service (-s, or -m set --match-set), or the inner interface (-i), or put it behind a tunnel.',
  examples: {
    find: [
      {
        title: 'Redis for everybody',
        text: ':INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m multiport --dports 22,6379 -j ACCEPT',
      },
    ],
    leave: [
      {
        title: 'from the office alone',
        text: ':INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 3306 -j ACCEPT',
      },
      {
        title: 'on the inner interface',
        text: ':INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -i eth1 -p tcp -m tcp --dport 445 -j ACCEPT',
      },
      {
        title: 'strangers are dropped before',
        text: ':INPUT DROP [0:0]\n-A INPUT ! -s 10.0.0.0/8 -p tcp -m tcp --dport 5432 -j DROP\n-A INPUT -p tcp -m tcp --dport 5432 -j ACCEPT',
      },
      { title: 'ssh and web', text: ':INPUT DROP [0:0]\n-A INPUT -p tcp -m multiport --dports 22,80,443 -j ACCEPT' },
    ],
  },
  checkRuleset: ({ ruleset, graph, facts, report }) => {
    const chain = filterChain(ruleset, 'INPUT');
    if (!chain || chain.rules.length === 0) return;
    const accepting = censusOf(ruleset)
      .withTarget('ACCEPT')
      .filter((rule) => rule.chain.table === chain.table && graph.hooksOf(rule.chain).has('INPUT'));
    if (accepting.length === 0 || accepting.length > 5000) return;
    const named = sensitiveServices.filter(({ port }) => accepting.some((rule) => namesPort(rule, port)));
    if (named.length === 0 || !stanceOf(facts, chain)?.restrictive) return;
    const found = new Map<Rule, { names: string[]; witness: ReturnType<NonNullable<ReturnType<typeof probe>>['packet']> }>();
    for (const { port, protocol, name } of named) {
      const numbers = {
        ...(protocol === 6 ? newTcp : newUdp),
        source: anyPublic(facts, 'source'),
        sourcePort: 40000,
        destinationPort: port,
      };
      const fates = probe(facts, chain, { numbers, in: elsewhere }) ?? probe(facts, chain, { numbers, in: outside });
      const by = fates?.decided.find(({ rule, verdict }) => rule !== null && verdict === 'accept' && namesPort(rule, port));
      if (!fates || !by?.rule || ownerOfRule(by.rule) || leansOnUnknown(by.rule)) continue;
      const known = found.get(by.rule);
      if (known) known.names.push(`${port} (${name})`);
      else found.set(by.rule, { names: [`${port} (${name})`], witness: fates.packet(by.set) });
    }
    for (const [rule, { names, witness }] of found)
      report({
        ...placeOfRule(rule),
        focus: tellingWords(rule),
        label: 'from anywhere',
        message: `this rule lets anybody on the Internet reach ${names.length === 1 ? 'port' : 'ports'} ${names.join(', ')}`,
        witness,
        help: 'name the sources that need it with -s, or the inner interface with -i',
      });
  },
});

/** A set, a list of recent sources, a user: who gets in is decided elsewhere. */
const leansOnUnknown = (rule: Rule): boolean =>
  outlined(rule.node).outline.matches.some(({ name }) =>
    ['set', 'recent', 'geoip', 'policy', 'mac', 'owner', 'string', 'mark', 'connmark', 'iprange', 'addrtype', 'pkttype'].includes(name),
  );
