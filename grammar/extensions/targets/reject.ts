/** `-j REJECT`: drops the packet and sends an answer, which stays out for resets, ICMP errors and broadcasts (libipt_REJECT.c, libip6t_REJECT.c). */
import { defaultRejectType, rejectType, tcpReset } from '../../values/reject-type.js';
import { defineTarget } from '../define.js';
import { endsIn } from '../effects.js';

export const reject = defineTarget({
  name: 'REJECT',
  manual: 'iptables-extensions(8) REJECT; net/ipv4/netfilter/ipt_REJECT.c, net/ipv6/netfilter/ip6t_REJECT.c',
  options: { with: { flag: '--reject-with', value: rejectType } },
  place: { tables: ['filter'] },
  protocolsFor: ({ with: type }) => (type?.value.name === tcpReset.name ? ['tcp'] : undefined),
  effect: endsIn('reject'),
  save: ({ with: type }, { family }) => `--reject-with ${(type?.value ?? defaultRejectType(family)).name}`,
  say: ({ with: type }, { family }) => `Reject with ${(type?.value ?? defaultRejectType(family)).words}`,
  examples: [
    {
      rule: '-j REJECT',
      saved: '-j REJECT --reject-with icmp-port-unreachable',
      says: 'Reject every packet with an ICMP port-unreachable',
    },
    {
      rule: '-j REJECT',
      family: 6,
      saved: '-j REJECT --reject-with icmp6-port-unreachable',
      says: 'Reject every packet with an ICMPv6 port-unreachable',
    },
    {
      rule: '-p tcp -j REJECT --reject-with tcp-rst',
      saved: '-p tcp -j REJECT --reject-with tcp-reset',
      says: 'Reject TCP packets with a TCP reset',
    },
    { rule: '-j REJECT --reject-with admin-prohib', saved: '-j REJECT --reject-with icmp-admin-prohibited' },
    { rule: '-p udp -j REJECT --reject-with tcp-reset', refused: '-p tcp' },
    { rule: '-j REJECT --reject-with icmp-port-unreachable', family: 6, refused: 'not a kind of answer' },
  ],
});
