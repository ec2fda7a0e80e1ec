/** Which family a text without a header line is written for, from the addresses and words in it. */
import type { Family } from '../netfilter/families.js';

/** What only ip6tables reads: matches, values, addresses with a colon where an address must stand. */
const six =
  /--icmpv6-type|-m (?:hl|eui64|ipv6header|rt|frag|hbh|mh) |icmp6-|(?:-s|-d|--source|--destination|--src|--dst)[ \t]+[0-9a-f]*:[0-9a-f:]*|--to(?:-source|-destination)?[ \t]+\[?[0-9a-f]*:[0-9a-f]*:/gi;
/** What only iptables reads, and dotted addresses where an address must stand. */
const four =
  /--icmp-type|-m (?:ttl|realm) |icmp-(?:port|host|net|proto|admin)|(?:-s|-d|--source|--destination|--src|--dst|--to-source|--to-destination|--to)[ \t]+\d+\.\d+/gi;

/** What rules of the other family may hold, too: the program's name in a remark, a protocol of the other. */
const weakSix = /\bip6tables\b|-p (?:ipv6-icmp|icmpv6)/gi;
const weakFour = /\biptables\b|-p icmp /gi;

const count = (pattern: RegExp, text: string, most: number): number => {
  pattern.lastIndex = 0;
  let found = 0;
  while (found < most && pattern.exec(text)) found++;
  return found;
};

/** The family that the text between two offsets speaks for, or undefined where it says nothing or speaks for both alike. */
export const guessFamily = (text: string, start: number, end: number): Family | undefined => {
  const part = text.slice(start, end);
  return more(part, six, four) ?? more(part, weakSix, weakFour);
};

const more = (part: string, sixes: RegExp, fours: RegExp): Family | undefined => {
  // A real ruleset is one or the other: a handful of signs decides, and a long text need not be searched whole for both.
  const difference = count(sixes, part, 50) - count(fours, part, 50);
  return difference > 0 ? 6 : difference < 0 ? 4 : undefined;
};
