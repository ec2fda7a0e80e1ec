/** Rules for bridged packets on a host whose bridges do not show them to iptables. Needs `sysctl -a`. */
import { censusOf } from '../model/census.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { defineCheck } from './define.js';

const set = (value: 0 | 1) => ({ sysctl: { name: 'sysctl.txt', text: `net.bridge.bridge-nf-call-iptables = ${value}\n` } });

export default defineCheck({
  id: 'bridge-nf-off',
  category: 'platform',
  level: 'warning',
  summary: 'Rules need to see bridged packets, and the kernel does not show them.',
  why: 'Packets that a bridge passes from port to port reach iptables only with net.bridge.bridge-nf-call-iptables = 1. Without it -m physdev never matches such packets, and on a Kubernetes node with a bridge a pod that calls a service whose endpoint is on the same bridge gets its answer past the translation and ignores it. Told with sysctl -a given, for physdev rules and for service chains of kube-proxy beside a bridge network (cni0, cbr0, docker0).',
  advice: 'Load br_netfilter and set net.bridge.bridge-nf-call-iptables = 1 (and the same for ip6tables).',
  examples: {
    find: [
      {
        title: 'ports of a bridge are asked',
        context: set(0),
        text: '-A FORWARD -m physdev --physdev-in vnet0 --physdev-is-bridged -j DROP',
      },
    ],
    leave: [
      {
        title: 'bridges show their packets',
        context: set(1),
        text: '-A FORWARD -m physdev --physdev-in vnet0 --physdev-is-bridged -j DROP',
      },
      { title: 'no rule needs it', context: set(0), text: '-A FORWARD -i br0 -j DROP' },
    ],
  },
  checkRuleset: ({ ruleset, sysctl, report }) => {
    const name = `net.bridge.bridge-nf-call-${ruleset.family === 4 ? 'iptables' : 'ip6tables'}`;
    if (sysctl?.get(name) !== '0') return;
    const census = censusOf(ruleset);
    const services = ruleset.tables.get('nat')?.chains.get('KUBE-SERVICES');
    const isOnBridge = census.onInterface.some(({ node }) =>
      node.matches[0]?.options.some(({ value }) => /^(cni0|cbr0|docker0)$/.test((value as { name?: string } | null)?.name ?? '')),
    );
    const [first, ...others] = [...census.withMatch('physdev'), ...(services && isOnBridge ? services.callers.slice(0, 1) : [])];
    if (!first) return;
    report({
      ...placeOfRule(first),
      message: `${name} is 0: bridged packets never come to this rule`,
      help: `load br_netfilter and set ${name} = 1`,
      related: others.slice(0, 20).map((rule) => ({ at: spanOf(rule.node), message: 'nor to this one' })),
    });
  },
});
