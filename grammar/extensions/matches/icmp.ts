/** `-m icmp`: type and code of an ICMP packet in IPv4. */
import { all, any, inRange, notIf } from '../../packet/predicate.js';
import { icmpRange, icmpType, isAnyIcmp } from '../../values/icmp-type.js';
import { defineMatch, phrase } from '../define.js';
import { headerOf } from '../transport.js';

export const icmp = defineMatch({
  name: 'icmp',
  manual: 'iptables-extensions(8) icmp; net/netfilter/xt_tcpudp.c, icmp_match',
  decidedBy: 'packet',
  families: [4],
  protocols: ['icmp'],
  options: { type: { flag: '--icmp-type', value: icmpType, negatable: true, required: true } },
  matches: ({ type: { value, negated } }, { family }) =>
    all(headerOf(1), notIf(negated, isAnyIcmp(value, family) ? any : inRange('icmp', ...icmpRange(value)))),
  say: ({ type: { value, negated } }, context) => {
    if (isAnyIcmp(value, context.family)) return [phrase('noun', negated ? 'ICMP packets of no type' : 'ICMP packets')];
    const words = icmpType.say(value, { ...context, negated: false });
    return [phrase('noun', negated ? `ICMP packets other than ${words}` : `ICMP ${words} packets`)];
  },
  examples: [
    { rule: '-p icmp --icmp-type echo-req', saved: '-p icmp -m icmp --icmp-type 8', says: 'ICMP echo-request packets' },
    { rule: '-p icmp -m icmp --icmp-type 3/4', says: 'ICMP fragmentation-needed packets' },
    { rule: '-p icmp -m icmp --icmp-type 3/0x10:20', saved: '-p icmp -m icmp --icmp-type 3/16', says: 'code 16 to 20' },
    { rule: '-p icmp -m icmp ! --icmp-type 255', saved: '-p icmp -m icmp ! --icmp-type any', says: 'ICMP packets of no type' },
    { rule: '-p icmp -m icmp --icmp-type echo', refused: 'echo-reply or echo-request' },
    { rule: '-p icmp -m icmp', refused: '--icmp-type' },
    { rule: '-m icmp --icmp-type 8', refused: '-p icmp' },
    { rule: '-p icmp -m icmp --icmp-type 8', family: 6, refused: 'no match' },
  ],
});
