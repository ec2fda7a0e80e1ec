/** SNAT whose choice of source ports lets concurrent connections collide. */
import { defineCheck } from './define.js';
import { tellWithoutRandomFully } from './masquerade-without-random-fully.js';

export default defineCheck({
  id: 'snat-without-random-fully',
  category: 'nat',
  level: 'warning',
  summary: 'SNAT without --random-fully: source ports can collide.',
  why: 'As with MASQUERADE (see masquerade-without-random-fully), two connections that begin at the same moment can be given the same source port, and one of them loses its first packet; conntrack -S counts it as insert_failed. --random-fully (kernel 3.14, iptables 1.6.0) makes that rare; since kernel 5.0 --random does the same. --persistent is another matter: it gives a client the same address of a pool each time. Left alone: protocols without ports, one port to translate to, one pair of hosts, dumps of an iptables that does not know the flag.',
  advice:
    'Look at conntrack -S. If insert_failed grows, add --random-fully. With a pool of addresses the collisions are rarer to begin with.',
  examples: {
    find: [
      {
        title: 'a gateway with a fixed address',
        text: '*nat\n-A POSTROUTING -s 192.0.2.0/24 -o eth0 -j SNAT --to-source 198.51.100.1\nCOMMIT\n',
      },
    ],
    leave: [
      { title: 'with the flag', text: '*nat\n-A POSTROUTING -o eth0 -j SNAT --to-source 198.51.100.1 --random-fully\nCOMMIT\n' },
      {
        title: 'one port to translate to',
        text: '*nat\n-A POSTROUTING -s 127.0.0.11 -p udp --sport 40000 -j SNAT --to-source :53\nCOMMIT\n',
      },
      { title: 'ICMP', text: '*nat\n-A POSTROUTING -p icmp -j SNAT --to-source 198.51.100.1\nCOMMIT\n' },
    ],
  },
  checkRuleset: (context) => tellWithoutRandomFully(context, 'SNAT'),
});
