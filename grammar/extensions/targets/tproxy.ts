/** `-j TPROXY`: hands the packet to a socket of this host without rewriting it; without such a socket it is dropped (libxt_TPROXY.c, xt_TPROXY.c). */
import { markWithMask, printWholeMark } from '../../values/mark.js';
import { resolvedAddress } from '../../values/resolved-address.js';
import { singlePort } from '../../values/single-port.js';
import { defineTarget } from '../define.js';
import { endsIn } from '../effects.js';

export const tproxy = defineTarget({
  name: 'TPROXY',
  manual: 'iptables-extensions(8) TPROXY; net/netfilter/xt_TPROXY.c',
  options: {
    port: { flag: '--on-port', value: singlePort, required: true },
    address: { flag: '--on-ip', value: resolvedAddress },
    mark: { flag: '--tproxy-mark', value: markWithMask },
  },
  place: { tables: ['mangle'], hooks: ['PREROUTING'] },
  protocols: ['tcp', 'udp'],
  effect: endsIn('accept'),
  rewrites: ({ mark }) => (mark ? [{ kind: 'xor', field: 'mark', mask: mark.value.mask, value: mark.value.value }] : []),
  hasSideEffect: true,
  save: ({ port, address, mark }, { family }) => {
    const host = address ? resolvedAddress.print(address.value, { family, negated: false }) : family === 4 ? '0.0.0.0' : '::';
    return `--on-port ${port.value} --on-ip ${host} --tproxy-mark ${mark ? printWholeMark(mark.value) : '0x0/0x0'}`;
  },
  say: ({ port, address, mark }, context) => {
    const told = { ...context, negated: false };
    return `Hand to the local socket on ${port.value === 0 ? 'its own port' : `port ${singlePort.say(port.value, told)}`}${address ? ` of ${resolvedAddress.say(address.value, told)}` : ''}${mark ? ` and mark with ${markWithMask.say(mark.value, told)}` : ''}`;
  },
  examples: [
    {
      rule: '-p tcp -j TPROXY --on-port 3129 --tproxy-mark 1',
      saved: '-p tcp -j TPROXY --on-port 3129 --on-ip 0.0.0.0 --tproxy-mark 0x1/0xffffffff',
      table: 'mangle',
      chain: 'PREROUTING',
      says: 'Hand to the local socket on port 3129 and mark with 0x1',
    },
    {
      rule: '-p udp -j TPROXY --on-port 53 --on-ip 2001:db8::1',
      saved: '-p udp -j TPROXY --on-port 53 --on-ip 2001:db8::1 --tproxy-mark 0x0/0x0',
      family: 6,
      table: 'mangle',
      chain: 'PREROUTING',
    },
    { rule: '-j TPROXY --on-port 3129', table: 'mangle', chain: 'PREROUTING', refused: '-p tcp' },
    { rule: '-p tcp -j TPROXY', table: 'mangle', chain: 'PREROUTING', refused: '--on-port' },
  ],
});
