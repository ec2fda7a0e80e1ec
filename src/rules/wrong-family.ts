/** Extensions and options of the other family. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'wrong-family',
  category: 'load',
  level: 'error',
  summary: 'An extension or option that only the other of iptables and ip6tables has.',
  why: 'iptables and ip6tables share most extensions, not all: -m icmp and TTL are of IPv4, -m icmp6 and HL of IPv6. The other program refuses the line. Which of the two is meant is taken from the header of the dump or from the addresses in it.',
  advice: 'Use the counterpart (icmp and icmp6, TTL and HL, ttl and hl). If the family was guessed wrongly, say --family 4 or --family 6.',
  examples: {
    find: [{ title: 'an IPv4 extension in ip6tables', text: '-A INPUT -m ttl --ttl-eq 1 -j DROP', family: 6 }],
    leave: [{ title: 'its counterpart', text: '-A INPUT -m hl --hl-eq 1 -j DROP', family: 6 }],
  },
  checkDocument: reportProblems('wrong-family'),
});
