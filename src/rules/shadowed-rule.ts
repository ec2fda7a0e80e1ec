/** Rules that no packet gets to be decided by, whatever their cause; proved for all packets. */
import { type Death, deathsOf, isOfJumps, tellDeath } from '../explain/deaths.js';
import { ownerNameOf } from '../model/owners.js';
import { spanOf } from '../model/place.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'shadowed-rule',
  category: 'reachability',
  level: 'error',
  summary: 'No packet is ever decided by this rule: earlier ones take all of them, or none can arrive.',
  why: 'Rules are asked in order and the first that decides a packet ends its way through the table. A rule whose packets are all decided before it does nothing: what it allows is not allowed by it, what it blocks may be let in. It is an error where its packets get another verdict than it would give, or where it can never match at all; a warning where they get the same verdict anyway. Each finding is proved for all packets, over chains, jumps, earlier tables and translation, and names the fewest lines that show it and a packet. Where the proof needs something unknown to fall a certain way it says possible, and names it.',
  advice:
    'Put the rule before the lines that take its packets, narrow those, or delete it. Where it asks for something impossible (two states at once, an outgoing interface in INPUT), correct what it asks.',
  examples: {
    find: [
      {
        title: 'a wider rule with another verdict stands before it',
        text: '-A INPUT -s 10.0.0.0/8 -j ACCEPT\n-A INPUT -s 10.2.3.0/24 -p tcp -m tcp --dport 22 -j DROP',
      },
      {
        title: 'two rules together take all of it',
        text: '-A INPUT -s 192.0.2.0/25 -j ACCEPT\n-A INPUT -s 192.0.2.128/25 -j ACCEPT\n-A INPUT -s 192.0.2.0/24 -p tcp -j DROP',
      },
      {
        title: 'behind a chain that decides every packet',
        text: ':LOGDROP - [0:0]\n-A INPUT -p udp -j LOGDROP\n-A INPUT -p udp -m udp --dport 53 -j ACCEPT\n-A LOGDROP -j LOG\n-A LOGDROP -j DROP',
      },
      { title: 'two states at once', text: '-A INPUT -m conntrack --ctstate NEW -m conntrack --ctstate ESTABLISHED -j ACCEPT' },
      { title: 'an outgoing interface where only INPUT leads', text: ':WEB - [0:0]\n-A INPUT -j WEB\n-A WEB -o eth0 -j DROP' },
      {
        title: 'raw drops it before filter sees it',
        text: '*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -s 198.51.100.0/24 -j DROP\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 198.51.100.7 -j ACCEPT\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'the narrow rule stands first',
        text: '-A INPUT -s 10.2.3.0/24 -p tcp -m tcp --dport 22 -j DROP\n-A INPUT -s 10.0.0.0/8 -j ACCEPT',
      },
      { title: 'a limit lets some packets go on', text: '-A INPUT -p icmp -m limit --limit 1/second -j ACCEPT\n-A INPUT -p icmp -j DROP' },
      {
        title: 'all ports are not all of TCP: later fragments have none',
        text: '-A FORWARD -p tcp -m tcp --dport 1:65535 -j ACCEPT\n-A FORWARD -p tcp -j DROP',
      },
      {
        title: 'the chain hands packets back',
        text: ':WEB - [0:0]\n-A INPUT -j WEB\n-A INPUT -p tcp -j DROP\n-A WEB -s 192.0.2.0/24 -j RETURN\n-A WEB -p udp -j DROP',
      },
    ],
  },
  checkRuleset: (context) => {
    const deaths = deathsOf(context).filter((death) => !isOfJumps(death) && !isOfHook(death));
    // What a program writes in one manner into many chains is one finding: its reader cannot mend it line by line.
    const ofPrograms = new Map<string, Death[]>();
    for (const death of deaths) {
      const { owner } = ownerNameOf(death.rule);
      if (!owner) context.report(tellDeath(death));
      else {
        const key = `${owner} ${death.rule.chain.table.name} ${death.verdict.cause} ${death.verdict.fate}`;
        ofPrograms.set(key, [...(ofPrograms.get(key) ?? []), death]);
      }
    }
    for (const group of ofPrograms.values()) {
      const [first, ...others] = group as [Death, ...Death[]];
      const told = tellDeath(first);
      if (others.length < fewAlike) for (const death of group) context.report(tellDeath(death));
      else
        context.report({
          ...told,
          message: `${told.message}; ${others.length} more findings like it in chains of ${ownerNameOf(first.rule).owner}`,
          related: [
            ...told.related,
            ...others.flatMap(({ rule, others: more, stranded }) =>
              [rule, ...more, ...stranded].map((dead) => ({ at: spanOf(dead.node), message: 'dead in the same manner', dead: true })),
            ),
          ],
        });
    }
  },
});

/** `-o` in INPUT itself: iptables refuses the line, which wrong-hook tells. */
const isOfHook = ({ rule, verdict }: Death): boolean => verdict.cause === 'interface' && rule.chain.hook !== null;

/** So many findings of one manner are still told one by one. */
const fewAlike = 3;
