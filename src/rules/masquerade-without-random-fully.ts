/** MASQUERADE whose choice of source ports lets concurrent connections collide. */
import { type Owner, ownerOfRule } from '../model/owners.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { isAtLeast, type SourceNat, sourceNatRules } from '../model/source-nat.js';
import { defineCheck, type RulesetContext } from './define.js';

/** What an administrator can do where a program writes the rule. */
const ownersAdvice: Readonly<Record<string, string>> = {
  'aws-vpc-cni': 'set AWS_VPC_K8S_CNI_RANDOMIZESNAT=prng in the aws-node daemon set',
  'kube-proxy':
    'kube-proxy gives the flag by itself where iptables knows it (1.6.2 or newer): update kube-proxy and the iptables beside it',
  flannel: 'Flannel gives the flag by itself where iptables knows it: update Flannel and the iptables beside it',
  calico: 'Felix gives the flag by itself where iptables knows it: update Calico and the iptables beside it',
};

/**
 * Reports source NAT rules without --random-fully. A rule of the administrator's is a finding of its own, since each is his to decide and to
 * silence (some programs need their source port); the rules that one program writes are one finding, since they are one setting.
 */
export const tellWithoutRandomFully = ({ ruleset, facts, kernel, report }: RulesetContext, target: 'MASQUERADE' | 'SNAT'): void => {
  const managed = new Map<string, { readonly first: SourceNat; readonly owner: Owner; readonly others: SourceNat[] }>();
  const single = (nat: SourceNat, owner: Owner | null, others: readonly SourceNat[]): void => {
    const { rule, random } = nat;
    const needs = target === 'MASQUERADE' ? 'kernel 3.13, iptables 1.6.2' : 'kernel 3.14, iptables 1.6.0';
    report({
      ...placeOfRule(rule),
      focus: [spanOf(rule.node.target!)],
      label: random ? 'enough from kernel 5.0 on' : 'no --random-fully',
      level: random && !kernel ? 'info' : 'warning',
      certainty: 'possible',
      leansOn: random
        ? ['the kernel, which is not known here: from 5.0 on --random is enough']
        : ['how many connections begin at the same moment'],
      message: random
        ? `${target} with --random alone: before kernel 5.0 two connections begun at once can still be given one source port`
        : `${target} without --random-fully: of connections begun at once two can be given one source port, and one loses its first packet`,
      effect:
        random && !kernel
          ? 'On kernel 5.0 and newer nothing: there --random does the same'
          : 'A connection now and then takes a second or more to open; conntrack -S counts it as insert_failed',
      help:
        (owner && ownersAdvice[owner.id]) ??
        (owner ? `the rule is written by ${owner.name}: look for a setting there` : `add --random-fully (${needs} or newer)`),
      related: others.map((other) => ({ at: spanOf(other.rule.node), message: 'here too' })),
    });
  };
  for (const nat of sourceNatRules(ruleset, target)) {
    if (nat.random && kernel && isAtLeast(kernel, [5, 0])) continue;
    if (!isAtLeast(kernel, inKernelSince[target])) continue;
    if (nat.randomFully || !nat.choosesPorts || !isAtLeast(nat.version, knownSince[target])) continue;
    // What is told of it is that nothing reaches it.
    if (facts.status(nat.rule) === 'dead') continue;
    const owner = ownerOfRule(nat.rule);
    if (!owner) {
      single(nat, null, []);
      continue;
    }
    const key = `${owner.id} ${nat.random}`;
    const group = managed.get(key);
    if (group) group.others.push(nat);
    else managed.set(key, { first: nat, owner, others: [] });
  }
  for (const { first, owner, others } of managed.values()) single(first, owner, others);
};

/** The iptables that knew the flag first: an older one, told by the header of the dump, could not take it. */
export const knownSince = { MASQUERADE: [1, 6, 2], SNAT: [1, 6, 0] } as const;

/** The kernel that knew the flag first. */
const inKernelSince = { MASQUERADE: [3, 13], SNAT: [3, 14] } as const;

export default defineCheck({
  id: 'masquerade-without-random-fully',
  category: 'nat',
  level: 'warning',
  summary: 'MASQUERADE without --random-fully: source ports can collide.',
  why: 'Source NAT chooses a source port first and enters the connection into the table of connection tracking later. Two connections that begin at the same moment can be given the same port in between; the second entry fails and its packet is dropped. The client tries again after a second or more. It shows as rare slow connections on hosts that open many at once (container hosts, Kubernetes nodes, busy gateways), and as insert_failed in conntrack -S. --random-fully (kernel 3.13, iptables 1.6.2) makes the choice random enough that this becomes rare; since kernel 5.0 --random does the same. It does not cure the DNS delays of five seconds that come from two UDP queries sent at once over one socket: those meet in another place. Left alone: protocols without ports, one port to translate to, one pair of hosts, rules that nothing reaches, dumps of an iptables that does not know the flag, and --random where sysctl tells of a kernel from 5.0 on. A host with few connections has nothing to gain, and some programs need their source port to stay: those can silence it.',
  advice: 'Look at conntrack -S. If insert_failed grows, add --random-fully to the rule, or update the program that writes it.',
  examples: {
    find: [
      { title: 'a gateway', text: '*nat\n-A POSTROUTING -s 192.0.2.0/24 -o eth0 -j MASQUERADE\nCOMMIT\n' },
      {
        title: '--random alone, on a kernel that is not known: info',
        text: '*nat\n-A POSTROUTING -o eth0 -j MASQUERADE --random\nCOMMIT\n',
      },
    ],
    leave: [
      { title: 'with the flag', text: '*nat\n-A POSTROUTING -o eth0 -j MASQUERADE --random-fully\nCOMMIT\n' },
      { title: 'a protocol without ports', text: '*nat\n-A POSTROUTING -o eth0 -p gre -j MASQUERADE\nCOMMIT\n' },
      {
        title: 'a rule that nothing reaches: shadowed-rule tells of it',
        text: '*nat\n-A POSTROUTING -o eth0 -j ACCEPT\n-A POSTROUTING -s 192.0.2.0/24 -o eth0 -j MASQUERADE\nCOMMIT\n',
      },
      {
        title: 'a container that calls itself by its published port',
        text: '*nat\n-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE\nCOMMIT\n',
      },
      {
        title: 'an iptables that does not know the flag',
        text: '# Generated by iptables-save v1.4.21 on Sat Nov 21 00:00:00 2020\n*nat\n-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: (context) => tellWithoutRandomFully(context, 'MASQUERADE'),
});
