/** A table of connections that is nearly full. Needs `sysctl -a`. */
import { censusOf } from '../model/census.js';
import { placeOfRule } from '../model/place.js';
import { defineCheck } from './define.js';

const set = (count: number, most: number) => ({
  sysctl: { name: 'sysctl.txt', text: `net.netfilter.nf_conntrack_count = ${count}\nnet.netfilter.nf_conntrack_max = ${most}\n` },
});

export default defineCheck({
  id: 'conntrack-full-soon',
  category: 'platform',
  level: 'warning',
  summary: 'The table of tracked connections is nearly full.',
  why: 'Connection tracking keeps at most net.netfilter.nf_conntrack_max connections. When the table is full, packets of new connections are dropped ("nf_conntrack: table full, dropping packet"), whatever the rules say, and the host looks dead to newcomers. Told with sysctl -a given, from four fifths on.',
  advice:
    'Raise net.netfilter.nf_conntrack_max (an entry takes some 300 bytes) and the number of hash buckets with it, shorten nf_conntrack_tcp_timeout_established, or leave traffic that needs no state untracked (-j CT --notrack).',
  examples: {
    find: [{ title: 'nine tenths', context: set(59000, 65536), text: '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT' }],
    leave: [{ title: 'room enough', context: set(9000, 65536), text: '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT' }],
  },
  checkRuleset: ({ ruleset, sysctl, report }) => {
    const count = Number(sysctl?.get('net.netfilter.nf_conntrack_count'));
    const most = Number(sysctl?.get('net.netfilter.nf_conntrack_max'));
    if (!(most > 0) || !(count / most >= 0.8)) return;
    const census = censusOf(ruleset);
    const rule = ['conntrack', 'state'].flatMap((name) => census.withMatch(name))[0] ?? ruleset.rules[0];
    if (!rule) return;
    report({
      ...placeOfRule(rule),
      message: `${count} of at most ${most} connections are tracked: when the table is full, new ones are dropped whatever the rules say`,
      help: 'raise net.netfilter.nf_conntrack_max, or leave traffic untracked that needs no state',
    });
  },
});
