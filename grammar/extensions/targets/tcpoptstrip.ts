/** `-j TCPOPTSTRIP`: overwrites options of the TCP header with padding (libxt_TCPOPTSTRIP.c). */
import { tcpOptionList } from '../../values/tcp-option-list.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';

export const tcpoptstrip = defineTarget({
  name: 'TCPOPTSTRIP',
  manual: 'iptables-extensions(8) TCPOPTSTRIP; net/netfilter/xt_TCPOPTSTRIP.c',
  options: { options: { flag: '--strip-options', value: tcpOptionList } },
  place: { tables: ['mangle'] },
  protocols: ['tcp'],
  effect: goesOn,
  hasSideEffect: true,
  say: ({ options }, context) =>
    options ? `Strip the TCP options ${tcpOptionList.say(options.value, { ...context, negated: false })}` : 'Strip no TCP option',
  examples: [
    {
      rule: '-p tcp -j TCPOPTSTRIP --strip-options timestamp,wscale',
      saved: '-p tcp -j TCPOPTSTRIP --strip-options 3,8',
      table: 'mangle',
      chain: 'FORWARD',
      says: 'Strip the TCP options wscale and timestamp',
    },
    { rule: '-p tcp -j TCPOPTSTRIP --strip-options 1', table: 'mangle', chain: 'FORWARD', refused: 'cannot be stripped' },
    { rule: '-j TCPOPTSTRIP --strip-options 8', table: 'mangle', chain: 'FORWARD', refused: '-p tcp' },
  ],
});
