/** Rules for forwarded packets on a host that forwards none. Needs `sysctl -a`. */
import { filterChain, writtenRulesFrom } from '../analysis/intent.js';
import { decisionOf } from '../explain/parts.js';
import { censusOf } from '../model/census.js';
import { placeOfRule } from '../model/place.js';
import { defineCheck } from './define.js';

const off = { sysctl: { name: 'sysctl.txt', text: 'net.ipv4.ip_forward = 0\n' } };
const on = { sysctl: { name: 'sysctl.txt', text: 'net.ipv4.ip_forward = 1\n' } };

export default defineCheck({
  id: 'forwarding-off',
  category: 'platform',
  level: 'warning',
  summary: 'The rules forward packets, the kernel does not.',
  why: 'DNAT to another host, MASQUERADE and rules that accept in FORWARD have a point only where the kernel forwards packets: net.ipv4.ip_forward = 1 (net.ipv6.conf.all.forwarding for IPv6). Where it is 0, FORWARD sees nothing, and what these rules promise does not happen. Told with sysctl -a given, for rules that would let forwarded packets through or translate them.',
  advice: 'Set net.ipv4.ip_forward = 1 (in /etc/sysctl.d), or remove the rules.',
  examples: {
    find: [
      {
        title: 'a gateway that does not forward',
        context: off,
        text: '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth0 -j MASQUERADE --random-fully\nCOMMIT\n*filter\n:FORWARD DROP [0:0]\n-A FORWARD -i eth1 -o eth0 -j ACCEPT\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'the kernel forwards',
        context: on,
        text: '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth0 -j MASQUERADE --random-fully\nCOMMIT\n*filter\n:FORWARD DROP [0:0]\n-A FORWARD -i eth1 -o eth0 -j ACCEPT\nCOMMIT\n',
      },
      { title: 'a host that refuses all forwarding', context: off, text: ':FORWARD DROP [0:0]\n-A FORWARD -j REJECT' },
    ],
  },
  checkRuleset: ({ ruleset, sysctl, report }) => {
    const name = ruleset.family === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding';
    if (sysctl?.get(name) !== '0') return;
    const forward = filterChain(ruleset, 'FORWARD');
    const accepting = forward ? writtenRulesFrom(forward).find((rule) => decisionOf(rule) === 'ACCEPT') : undefined;
    const nat = censusOf(ruleset).withTarget('MASQUERADE')[0];
    const rule = accepting ?? nat;
    if (!rule) return;
    report({
      ...placeOfRule(rule),
      message: `${name} is 0: the kernel forwards nothing, and this rule ${rule === nat ? 'translates' : 'accepts'} packets that never come`,
      help: `set ${name} = 1, or remove the rules for forwarded packets`,
    });
  },
});
