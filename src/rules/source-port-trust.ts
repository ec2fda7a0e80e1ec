/** Rules that let strangers in because of the port that they say they come from. */

import type { OptionNode } from '../../grammar/index.js';
import { filterChain, stanceOf, writtenRulesFrom } from '../analysis/intent.js';
import { anyPublic, newTcp, newUdp, outside, probe, unnamedPort } from '../analysis/probe.js';
import { decisionOf, optionNode } from '../explain/parts.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

interface Ports {
  readonly first: number;
  readonly last: number;
}

/** `--sport 53` where no destination port is asked, or only unprivileged ones. */
const sourcePortOf = (rule: Rule): { readonly option: OptionNode; readonly port: number } | null => {
  for (const match of ['tcp', 'udp', 'multiport'])
    for (const key of ['sourcePort', 'sourcePorts']) {
      const option = optionNode(rule.node, match, key);
      if (!option || option.negated) continue;
      const [first] = (Array.isArray(option.value) ? option.value : [option.value]) as readonly Ports[];
      if (first && first.last - first.first < 20 && first.first < 1024) return { option, port: first.first };
    }
  return null;
};

const asksDestination = (rule: Rule): boolean =>
  ['tcp', 'udp', 'multiport'].some((match) =>
    ['destinationPort', 'destinationPorts', 'ports'].some((key) => optionNode(rule.node, match, key) !== null),
  );

export default defineCheck({
  id: 'source-port-trust',
  category: 'security',
  level: 'warning',
  summary: 'A rule lets new connections in because of their source port.',
  why: 'The source port is chosen by the sender. A rule such as -p udp --sport 53 -j ACCEPT is meant for answers, but lets anybody reach every port of the host by sending from port 53, and such packets are the first that scanners try. Told where INPUT refuses strangers in general and a new packet from such a port to a port that no rule names is proved to be accepted by the rule, while it would be refused from another source port.',
  advice:
    'Accept replies by state (-m conntrack --ctstate RELATED,ESTABLISHED) and drop the rule, or add the destination port and the source address.',
  examples: {
    find: [
      {
        title: 'whatever comes from port 53',
        text: ':INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p udp -m udp --sport 53 -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      },
    ],
    leave: [
      {
        title: 'answers by state',
        text: ':INPUT DROP [0:0]\n-A INPUT -p udp -m udp --sport 53 -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      },
      { title: 'DHCP, with both ports', text: ':INPUT DROP [0:0]\n-A INPUT -p udp -m udp --sport 67 --dport 68 -j ACCEPT' },
      {
        title: 'no SYN may come',
        text: ':INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --sport 80 ! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT',
      },
      { title: 'one name server', text: ':INPUT DROP [0:0]\n-A INPUT -s 192.0.2.53/32 -p udp -m udp --sport 53 -j ACCEPT' },
    ],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    const chain = filterChain(ruleset, 'INPUT');
    if (!chain || chain.rules.length === 0) return;
    const candidates = writtenRulesFrom(chain).flatMap((rule) => {
      const read = decisionOf(rule) === 'ACCEPT' && !asksDestination(rule) ? sourcePortOf(rule) : null;
      return read ? [{ rule, ...read }] : [];
    });
    if (candidates.length === 0 || !stanceOf(facts, chain)?.restrictive) return;
    const found: {
      readonly rule: Rule;
      readonly option: OptionNode;
      readonly witness: ReturnType<NonNullable<ReturnType<typeof probe>>['packet']>;
    }[] = [];
    for (const { rule, option, port } of candidates.slice(0, 200))
      for (const base of [newTcp, newUdp]) {
        const numbers = { ...base, source: anyPublic(facts, 'source'), destinationPort: unnamedPort(facts) };
        const fates = probe(facts, chain, { numbers: { ...numbers, sourcePort: port }, in: outside });
        const by = fates?.decided.find((each) => each.rule === rule && each.verdict === 'accept');
        if (!fates || !by) continue;
        found.push({ rule, option, witness: fates.packet(by.set) });
        break;
      }
    const [first, ...others] = found;
    if (!first) return;
    report({
      ...placeOfRule(first.rule),
      focus: [spanOf(first.option)],
      label: 'the sender chooses it',
      message: 'this rule lets anybody reach every port who sends from the source port that it names',
      witness: first.witness,
      shows: 'a new connection to a port that no rule names is accepted because of its source port',
      help: 'accept replies with -m conntrack --ctstate RELATED,ESTABLISHED instead',
      related: others.map(({ rule }) => ({ at: spanOf(rule.node), message: 'here too' })),
    });
  },
});
