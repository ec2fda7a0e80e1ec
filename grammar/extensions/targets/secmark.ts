/** `-j SECMARK`: labels the packet for SELinux (libxt_SECMARK.c). */
import { bareName } from '../../values/bare-name.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';

export const secmark = defineTarget({
  name: 'SECMARK',
  manual: 'iptables-extensions(8) SECMARK; net/netfilter/xt_SECMARK.c',
  options: { context: { flag: '--selctx', value: bareName(255), required: true } },
  place: { tables: ['mangle', 'security'] },
  check: ({ context }) => (context.value === '' ? 'the security context is empty' : undefined),
  effect: goesOn,
  hasSideEffect: true,
  say: ({ context }) => `Label with the security context ${context.value}`,
  examples: [
    {
      rule: '-j SECMARK --selctx system_u:object_r:httpd_packet_t:s0',
      table: 'security',
      chain: 'INPUT',
      says: 'Label with the security context system_u:object_r:httpd_packet_t:s0',
    },
    { rule: '-j SECMARK', table: 'security', chain: 'INPUT', refused: '--selctx' },
  ],
});
