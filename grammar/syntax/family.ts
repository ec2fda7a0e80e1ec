/** Which family a text without a header line is written for, from the addresses and words in it. */
import type { Family } from '../netfilter/families.js';

/** Words that only ip6tables reads, and addresses with a colon where an address must stand. */
const six =
  /\bip6tables\b|--icmpv6-type|-p (?:ipv6-icmp|icmpv6)|-m (?:hl|eui64|ipv6header|rt|frag|hbh|mh) |icmp6-|(?:-s|-d|--source|--destination|--src|--dst)[ \t]+[0-9a-f]*:[0-9a-f:]*/gi;
/** Words that only iptables reads, and dotted addresses where an address must stand. */
const four =
  /\biptables\b|--icmp-type|-p icmp |-m (?:ttl|realm) |icmp-(?:port|host|net|proto|admin)|(?:-s|-d|--source|--destination|--src|--dst|--to-source|--to-destination|--to)[ \t]+\d+\.\d+/gi;

const count = (pattern: RegExp, text: string, most: number): number => {
  pattern.lastIndex = 0;
  let found = 0;
  while (found < most && pattern.exec(text)) found++;
  return found;
};

/** The family that the text between two offsets speaks for, or undefined where it says nothing or speaks for both alike. */
export const guessFamily = (text: string, start: number, end: number): Family | undefined => {
  const part = text.slice(start, end);
  const sixes = count(six, part, 50);
  // A real ruleset is one or the other: a handful of signs decides, and a long text need not be searched whole for both.
  const fours = count(four, part, 50);
  return sixes > fours ? 6 : fours > sixes ? 4 : undefined;
};
