/** Rules that trust the loopback address whatever interface it comes by. */
import { targetOf } from '../../grammar/index.js';
import { filterChain, writtenRulesFrom } from '../analysis/intent.js';
import { elsewhere, newTcp, probe, unnamedPort } from '../analysis/probe.js';
import { networksOf, optionNode, optionOf } from '../explain/parts.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'spoofed-loopback',
  category: 'security',
  level: 'info',
  summary: 'A rule accepts loopback addresses from any interface.',
  why: 'A rule like -s 127.0.0.1 -j ACCEPT means "this host", but says only "whoever writes this source address". As a rule the kernel drops such packets from other interfaces before any rule sees them (martians), so it is told as info; with net.ipv4.conf.*.route_localnet = 1, as kube-proxy and some Docker set-ups need it, the kernel lets them in, and with sysctl -a given that is a warning.',
  advice: 'Add -i lo to the rule.',
  examples: {
    find: [{ title: 'by address alone', text: ':INPUT DROP [0:0]\n-A INPUT -s 127.0.0.1/32 -j ACCEPT' }],
    leave: [
      { title: 'by interface', text: ':INPUT DROP [0:0]\n-A INPUT -s 127.0.0.0/8 -i lo -j ACCEPT' },
      {
        title: 'spoofed ones are dropped before',
        text: ':INPUT DROP [0:0]\n-A INPUT -s 127.0.0.0/8 ! -i lo -j DROP\n-A INPUT -s 127.0.0.1/32 -j ACCEPT',
      },
    ],
  },
  checkRuleset: ({ ruleset, facts, sysctl, report }) => {
    const chain = filterChain(ruleset, 'INPUT');
    if (!chain) return;
    const self = ruleset.family === 4 ? 0x7f000001 : 1n;
    const candidates = writtenRulesFrom(chain).filter((rule) => {
      const source = optionOf(rule.node, '', 'source');
      return (
        source !== null &&
        !source.negated &&
        targetOf(rule.node) === 'ACCEPT' &&
        networksOf(rule, 'source').some(({ address, mask }) =>
          typeof address === 'number'
            ? address >>> 24 === 127 && (mask as number) >>> 0 >= 0xff000000
            : address === 1n && mask === (1n << 128n) - 1n,
        )
      );
    });
    if (candidates.length === 0) return;
    const isLocalRouted = [...(sysctl ?? [])].some(([name, value]) => /^net\.ipv4\.conf\..*\.route_localnet$/.test(name) && value === '1');
    const fates = probe(facts, chain, { numbers: { ...newTcp, source: self, destinationPort: unnamedPort(facts) }, in: elsewhere });
    const by = fates?.decided.find(({ rule, verdict }) => rule !== null && verdict === 'accept' && candidates.includes(rule));
    if (!fates || !by?.rule) return;
    report({
      ...placeOfRule(by.rule),
      focus: [spanOf(optionNode(by.rule.node, '', 'source')!)],
      label: 'no -i lo',
      level: isLocalRouted && ruleset.family === 4 ? 'warning' : 'info',
      message: 'this rule trusts whoever writes a loopback address as source, on any interface',
      witness: fates.packet(by.set),
      effect: isLocalRouted
        ? 'route_localnet is 1: the kernel lets such packets in'
        : 'the kernel drops such packets before, unless route_localnet is 1',
      help: 'add -i lo',
    });
  },
});
