/** Traffic that is left untracked and needs tracking: rules by state refuse it. */
import { targetOf } from '../../grammar/index.js';
import { filterChain, stanceOf } from '../analysis/intent.js';
import { anyPublic, outside, probe } from '../analysis/probe.js';
import { networksOf, optionOf, portsOf, protocolOf, targetOption } from '../explain/parts.js';
import { censusOf } from '../model/census.js';
import { ownerOfRule } from '../model/owners.js';
import { lineOf, placeOfChain, placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

const isNotrack = ({ node }: Rule): boolean =>
  targetOf(node) === 'NOTRACK' || (targetOf(node) === 'CT' && targetOption(node, 'notrack') !== null);

export default defineCheck({
  id: 'notrack-against-nat',
  category: 'nat',
  level: 'warning',
  summary: 'Packets that raw leaves untracked are refused, because rules ask for their state.',
  why: 'NOTRACK (or CT --notrack) in raw spares connection tracking the work. Such packets are UNTRACKED: neither NEW nor ESTABLISHED, nat never sees them, and a rule by state does not fit them. Told for rules in raw PREROUTING that name a protocol and one destination port, where INPUT is proved to refuse UNTRACKED packets to that port on every interface but lo, while it lets the same packets in as NEW: the port is closed by leaving it untracked. A nat rule that sees none of its packets any more is told by shadowed-rule.',
  advice: 'Accept the port without asking for a state, or -m conntrack --ctstate UNTRACKED, or track the traffic.',
  examples: {
    find: [
      {
        title: 'DNS is untracked, and accepted as NEW only',
        text: '*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -m udp --dport 53 -j CT --notrack\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p udp -m udp --dport 53 -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'untracked for SYNPROXY, which answers in the place of the server',
        text: '*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -p tcp -m tcp --dport 443 --tcp-flags FIN,SYN,RST,ACK SYN -j CT --notrack\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 443 -m conntrack --ctstate INVALID,UNTRACKED -j SYNPROXY --sack-perm --timestamp --wscale 7 --mss 1460\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 443 -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n',
      },
      {
        title: 'accepted whatever its state',
        text: '*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -m udp --dport 53 -j CT --notrack\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p udp -m udp --dport 53 -j ACCEPT\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, graph, facts, report }) => {
    const input = filterChain(ruleset, 'INPUT');
    const census = censusOf(ruleset);
    const rules = [...census.withTarget('NOTRACK'), ...census.withTarget('CT')].filter(
      (rule) => isNotrack(rule) && !ownerOfRule(rule) && rule.chain.table.name === 'raw' && graph.hooksOf(rule.chain).has('PREROUTING'),
    );
    if (!input || rules.length === 0 || rules.length > 200 || !stanceOf(facts, input)?.restrictive) return;
    for (const rule of rules) {
      const protocol = protocolOf(rule);
      const ports = portsOf(rule);
      if (
        (protocol !== 'tcp' && protocol !== 'udp') ||
        ports === null ||
        !/^\d+$/.test(ports) ||
        optionOf(rule.node, '', 'source')?.negated
      )
        continue;
      const source = networksOf(rule, 'source')[0]?.address ?? anyPublic(facts, 'source');
      const destination =
        optionOf(rule.node, '', 'destination')?.negated === false ? networksOf(rule, 'destination')[0]?.address : undefined;
      const numbers = {
        protocol: protocol === 'tcp' ? 6 : 17,
        laterFragment: 0,
        ...(protocol === 'tcp' ? { tcpFlags: 2 } : {}),
        source,
        ...(destination === undefined ? {} : { destination }),
        sourcePort: 40000,
        destinationPort: Number(ports),
      };
      const untracked = probe(facts, input, { numbers: { ...numbers, connectionState: 4 }, in: outside });
      const tracked = probe(facts, input, { numbers: { ...numbers, connectionState: 1 }, in: outside });
      if (!untracked || !tracked || untracked.accepted !== 0 || untracked.open !== 0 || untracked.refused === 0 || tracked.accepted === 0)
        continue;
      const by = untracked.decided.at(-1)!.rule;
      report({
        ...placeOfRule(rule),
        focus: [spanOf(rule.node.target!)],
        label: 'no state any more',
        message: `port ${ports} is left untracked here, and INPUT lets it in by state only: it is refused`,
        witness: untracked.packet(untracked.refused),
        shows: by
          ? `line ${lineOf(by)} refuses it; as NEW it would be accepted`
          : 'the policy DROP refuses it; as NEW it would be accepted',
        help: 'accept the port without asking for a state, or add UNTRACKED to the states',
        related: [{ at: by ? spanOf(by.node) : placeOfChain(input).at, message: 'refuses it' }],
      });
    }
  },
});
