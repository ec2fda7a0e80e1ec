/** A host that cannot talk to itself. */
import { filterChain, stanceOf, writtenRulesFrom } from '../analysis/intent.js';
import { newTcp, probe, unnamedPort } from '../analysis/probe.js';
import { decisionOf } from '../explain/parts.js';
import { lineOf, placeOfChain, placeOfRule } from '../model/place.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'loopback-blocked',
  category: 'security',
  level: 'warning',
  summary: 'Connections of the host to itself are refused.',
  why: 'Programs on one host talk to each other over the interface lo: databases, mail filters, name servers, agents. A chain that refuses by default and has no rule for lo breaks them, at times only after hours, when a time-out is met. It is told where a new TCP connection from the loopback address to itself is proved to be refused in INPUT or OUTPUT, whatever tests say.',
  advice: 'Put -A INPUT -i lo -j ACCEPT (and -A OUTPUT -o lo -j ACCEPT where OUTPUT refuses by default) first.',
  examples: {
    find: [
      {
        title: 'no rule for lo',
        text: ':INPUT DROP [0:0]\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      },
    ],
    leave: [
      {
        title: 'lo is accepted in a chain of its own',
        text: ':INPUT DROP [0:0]\n:BASE - [0:0]\n-A INPUT -j BASE\n-A BASE -i lo -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      },
      { title: 'accepted by address', text: ':INPUT DROP [0:0]\n-A INPUT -s 127.0.0.0/8 -d 127.0.0.0/8 -i lo -j ACCEPT' },
      { title: 'everything is refused on purpose', text: ':INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]' },
    ],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    const self = ruleset.family === 4 ? 0x7f000001 : 1n;
    const input = filterChain(ruleset, 'INPUT');
    // A family that is shut off altogether is meant so.
    if (!input || (input.rules.length === 0 && input.policy === 'DROP') || stanceOf(facts, input)?.restrictive !== true) return;
    for (const [name, side] of [
      ['INPUT', 'in'],
      ['OUTPUT', 'out'],
    ] as const) {
      const chain = filterChain(ruleset, name);
      if (!chain || (chain.policy === 'ACCEPT' && chain.rules.length === 0)) continue;
      // A chain that lets nothing out at all is meant so.
      if (!writtenRulesFrom(chain).some((rule) => decisionOf(rule) === 'ACCEPT')) continue;
      const fates = probe(facts, chain, {
        numbers: { ...newTcp, source: self, destination: self, destinationPort: unnamedPort(facts) },
        [side]: 'lo',
      });
      if (fates?.accepted !== 0 || fates.open !== 0 || fates.refused === 0) continue;
      const by = fates.decided.at(-1)!;
      report({
        ...(by.rule ? placeOfRule(by.rule) : placeOfChain(chain)),
        message: `${name} refuses connections of the host to itself: no rule lets lo ${name === 'INPUT' ? 'in' : 'out'}`,
        witness: fates.packet(fates.refused),
        shows: by.rule ? `line ${lineOf(by.rule)} refuses it` : 'no rule decides it; the policy DROP does',
        effect: 'programs on this host that talk to each other over loopback wait until they time out',
        help: `-I ${name} ${name === 'INPUT' ? '-i' : '-o'} lo -j ACCEPT`,
      });
    }
  },
});
