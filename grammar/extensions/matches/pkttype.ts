/** `-m pkttype`: whether the link layer had the packet for this host, for all, or for a group. */
import { is, notIf } from '../../packet/predicate.js';
import { oneName } from '../../values/names.js';
import { defineMatch, phrase } from '../define.js';

/** Values of the field packetType (uapi/linux/if_packet.h). */
const packetTypes = ['unicast', 'broadcast', 'multicast', 'otherhost'] as const;
const spoken = {
  unicast: 'unicast',
  broadcast: 'broadcast',
  multicast: 'multicast',
  otherhost: "addressed to another host's MAC",
} as const;

export const pkttype = defineMatch({
  name: 'pkttype',
  manual: 'iptables-extensions(8) pkttype; net/netfilter/xt_pkttype.c',
  decidedBy: 'packet',
  options: {
    type: {
      flag: '--pkt-type',
      value: oneName({
        names: packetTypes,
        what: 'packet type',
        anyCase: true,
        aliases: { host: 'unicast', bcast: 'broadcast', mcast: 'multicast' },
      }),
      negatable: true,
      required: true,
    },
  },
  matches: ({ type: { value, negated } }) => notIf(negated, is('packetType', packetTypes.indexOf(value))),
  say: ({ type: { value, negated } }) =>
    value === 'otherhost'
      ? [phrase('condition', `${negated ? 'not ' : ''}${spoken[value]}`)]
      : [phrase('adjective', `${negated ? 'non-' : ''}${spoken[value]}`)],
  examples: [
    { rule: '-m pkttype --pkt-type broadcast', says: 'broadcast' },
    { rule: '-m pkttype ! --pkt-type host', saved: '-m pkttype ! --pkt-type unicast', says: 'non-unicast' },
    { rule: '-m pkttype --pkt-type any', refused: 'not a packet type' },
  ],
});
