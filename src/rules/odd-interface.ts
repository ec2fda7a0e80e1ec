/** Names of interfaces that no interface has: labels of addresses, lists, patterns of a shell. */
import { basicsOf, censusOf } from '../model/census.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { defineCheck, gatherByCause } from './define.js';

interface InterfaceName {
  readonly name: string;
  readonly prefix: boolean;
}

interface Oddity {
  readonly message: string;
  readonly help: string;
  /** The kernel gives no interface such a name (dev_valid_name in net/core/dev.c). */
  readonly isImpossible: boolean;
}

/** What is odd about a name; null: nothing. */
const oddityOf = (flag: string, name: string, isPrefix: boolean): Oddity | null => {
  const own = flag === '-o' ? '-s' : '-d';
  const [, device] = /^([^:]*):/.exec(name) ?? [];
  if (device !== undefined)
    return {
      message: `${name} is the label of an address, no interface: packets ${flag === '-i' ? 'come' : 'leave'} by ${device || 'the interface'} itself`,
      help: `write ${flag} ${device || 'INTERFACE'}, and the address with ${own} if one is meant`,
      isImpossible: true,
    };
  if (name.includes('/'))
    return { message: `${name} is no name of an interface`, help: 'write a network with -s or -d', isImpossible: true };
  const odd = (message: string, help: string): Oddity => ({ message, help, isImpossible: false });
  if (name.startsWith('!')) return odd(`the "!" is taken for part of the name ${name}`, `write ! ${flag} ${name.slice(1)}`);
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(name))
    return odd(`the address ${name} is taken for the name of an interface`, 'write it with -s or -d');
  if (name.includes(','))
    return odd(
      `${name} is taken for one name: iptables has no lists of interfaces`,
      'write one rule for each interface, or a name that ends in +',
    );
  if (/[*?[\]]/.test(name))
    return odd(
      `${name} is taken as it stands: iptables knows no patterns but a + at the end`,
      `write ${flag} ${name.replace(/[*?[].*$/, '')}+`,
    );
  if (!isPrefix && (name === 'any' || name === 'all'))
    return odd(`${name} is taken for the name of an interface`, `leave ${flag} out if every interface is meant`);
  return null;
};

export default defineCheck({
  id: 'odd-interface',
  category: 'reachability',
  level: 'warning',
  summary: 'An interface name that no interface has.',
  why: 'iptables takes nearly every word for the name of an interface and loads the rule, which then never matches (or always, behind a "!"). eth0:1 is the label of a second address on eth0: its packets come by eth0. "eth0,eth1" and "eth*" are one name each, and so are "any" and an address. Names with a colon or a slash cannot be given to an interface: those are proved, and an error; the others lean on nobody having named an interface so.',
  advice: 'Name the interface as `ip link` shows it; eth+ takes all names that begin with eth. An address goes with -s or -d.',
  examples: {
    find: [
      { title: 'the label of a second address', text: '-A INPUT -i eth0:1 -p tcp -m tcp --dport 80 -j ACCEPT' },
      { title: 'a pattern of a shell', text: '-A INPUT -i eth* -j ACCEPT' },
      { title: 'a list', text: '-A FORWARD -i eth0,eth1 -o eth2 -j ACCEPT' },
      { title: 'a negation without its blank', text: '-A FORWARD -i !eth0 -j DROP' },
    ],
    leave: [
      { title: 'all names that begin so', text: '-A INPUT -i eth+ -j ACCEPT' },
      { title: 'a VLAN, and a name with other marks', text: '-A FORWARD -i eth0.100 -o br-1a2b3c@x_y -j ACCEPT' },
      { title: 'every interface', text: '-A INPUT -i + -p icmp -j ACCEPT' },
    ],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    const { space } = facts.reachability.program;
    // Names are few, rules may be many.
    const isOdd = (['inInterface', 'outInterface'] as const).some((field) => {
      const code = space.code(field);
      return code?.kind === 'names' && code.atoms.some(({ name, prefix }) => oddityOf('-i', name, prefix) !== null);
    });
    if (!isOdd) return;
    const findings = gatherByCause();
    for (const rule of censusOf(ruleset).onInterface)
      for (const option of basicsOf(rule)!.options) {
        if (!option.spec || (option.key !== 'inInterface' && option.key !== 'outInterface')) continue;
        const { name, prefix } = option.value as InterfaceName;
        const flag = option.key === 'inInterface' ? '-i' : '-o';
        const found = oddityOf(flag, name, prefix);
        if (!found) continue;
        findings.add(`${flag} ${name}`, spanOf(rule.node), () => ({
          ...placeOfRule(rule),
          focus: [spanOf(option)],
          label: option.negated ? 'always true' : 'never true',
          message: found.message,
          ...(found.isImpossible && !option.negated ? { level: 'error' as const } : {}),
          ...(found.isImpossible ? {} : { certainty: 'possible' as const, leansOn: [`that no interface is called ${name}`] }),
          effect: option.negated ? 'the condition excludes nothing' : 'the rule never matches',
          help: found.help,
        }));
      }
    findings.tell(report);
  },
});
