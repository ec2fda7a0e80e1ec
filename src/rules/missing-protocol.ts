/** Extensions that need a protocol. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'missing-protocol',
  category: 'load',
  level: 'error',
  summary: 'A match or target that needs -p before it.',
  why: 'Ports, flags and ICMP types exist only in packets of one protocol, so the kernel takes such an extension only in a rule whose -p names that protocol without "!". iptables-restore --test lets many of these pass: the kernel refuses them when they are loaded.',
  advice: 'Put -p tcp (or udp, icmp ...) before it. A rule for TCP and UDP has to be written twice.',
  examples: {
    find: [
      { title: 'a port without a protocol', text: '-A INPUT -m tcp --dport 22 -j ACCEPT' },
      { title: 'a port to translate to, without a protocol', text: '*nat\n-A PREROUTING -j DNAT --to-destination 192.0.2.7:80\nCOMMIT\n' },
    ],
    leave: [{ title: 'DNAT that leaves the port alone', text: '*nat\n-A PREROUTING -i eth0 -j DNAT --to-destination 192.0.2.7\nCOMMIT\n' }],
  },
  checkDocument: reportProblems('missing-protocol'),
});
