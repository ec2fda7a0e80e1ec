/** Connections that get no answers: replies to what the host opens are refused in INPUT, those to what is let in or through in OUTPUT and FORWARD. */
import { Fault, type Ordinal, type Outline, parseAddress, targetOf } from '../../grammar/index.js';
import { filterChain, stanceOf } from '../analysis/intent.js';
import { anyPublic, newTcp, outside, probe, unnamedPort } from '../analysis/probe.js';
import { optionOf } from '../explain/parts.js';
import { rulesLike } from '../model/makes.js';
import { lineOf, placeOfChain, placeOfRule, spanOf } from '../model/place.js';
import type { Chain, Rule } from '../model/ruleset.js';
import { defineCheck, type RulesetContext } from './define.js';

/** A reply, as connection tracking sees it. */
const reply = { connectionState: 3, laterFragment: 0 } as const;

export default defineCheck({
  id: 'replies-not-accepted',
  category: 'security',
  level: 'warning',
  summary: 'Replies to connections that are let out, in or through are refused.',
  why: 'Packets that come back are packets that come in: INPUT decides them like all others. Where it refuses by default and no rule accepts ESTABLISHED packets, nor any by their source port, the host can open connections but never hears an answer: no updates, no name resolution, no time. Told where replies from the usual services (53, 80, 123, 443) are proved to be refused on every interface but lo, and OUTPUT would let a connection out. FORWARD and OUTPUT decide replies in the same manner: told where no rule there accepts ESTABLISHED packets, and of every rule that lets new TCP connections through FORWARD, or into INPUT, a connection is shown whose reply is refused.',
  advice: 'Accept -m conntrack --ctstate RELATED,ESTABLISHED near the top of the chain.',
  examples: {
    find: [
      {
        title: 'only new connections are thought of',
        text: ':INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      },
      {
        title: 'FORWARD lets connections out, and nothing back',
        text: ':INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -i eth1 -o eth0 -j ACCEPT',
      },
      {
        title: 'OUTPUT refuses the answers of a server',
        text: ':INPUT DROP [0:0]\n:OUTPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A OUTPUT -o lo -j ACCEPT\n-A OUTPUT -p udp -m udp --dport 53 -j ACCEPT',
      },
    ],
    leave: [
      {
        title: 'FORWARD without state, in both directions',
        text: ':INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -s 192.0.2.0/24 -p tcp -m tcp --dport 443 -j ACCEPT\n-A FORWARD -d 192.0.2.0/24 -p tcp -m tcp --sport 443 ! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT',
      },
      {
        title: 'two networks that talk to each other',
        text: ':INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -i eth1 -o eth2 -j ACCEPT\n-A FORWARD -i eth2 -o eth1 -j ACCEPT',
      },
      {
        title: 'by state',
        text: ':INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m state --state ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      },
      {
        title: 'without state: what is no SYN',
        text: ':INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      },
      {
        title: 'the host opens no connections',
        text: ':INPUT DROP [0:0]\n:OUTPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A OUTPUT -p tcp -m tcp --sport 22 -j ACCEPT',
      },
    ],
  },
  checkRuleset: (context) => {
    const { ruleset, facts, report } = context;
    tellAnswers(context);
    const input = filterChain(ruleset, 'INPUT');
    const output = filterChain(ruleset, 'OUTPUT');
    if (!input || !output || input.rules.length === 0 || !stanceOf(facts, input)?.restrictive) return;
    const source = anyPublic(facts, 'source');
    const destination = anyPublic(facts, 'destination');
    let refused: ReturnType<typeof probe> = null;
    let comesIn = false;
    for (const [protocol, port] of [
      [6, 443],
      [6, 80],
      [17, 53],
      [17, 123],
    ] as const) {
      const flags = protocol === 6 ? { tcpFlags: 16 } : {};
      const fates = probe(facts, input, {
        numbers: { ...reply, ...flags, protocol, source, sourcePort: port, destinationPort: unnamedPort(facts) },
        in: outside,
      });
      if (fates?.accepted !== 0 || fates.open !== 0) return;
      const sent = probe(facts, output, {
        numbers: {
          protocol,
          connectionState: 1,
          laterFragment: 0,
          ...(protocol === 6 ? { tcpFlags: 2 } : {}),
          destination,
          sourcePort: unnamedPort(facts),
          destinationPort: port,
        },
        out: outside,
      });
      if (sent && sent.accepted !== 0) refused ??= fates;
    }
    // A family that lets nothing in but loopback is shut off on purpose.
    const code = facts.reachability.program.space.code('destinationPort');
    for (const port of new Set([22, 80, 443, ...(code?.kind === 'ranges' ? code.starts.slice(0, 60).map(Number) : [])]))
      if (!comesIn) {
        const fates = probe(facts, input, {
          numbers: { protocol: 6, connectionState: 1, tcpFlags: 2, laterFragment: 0, destinationPort: port },
          in: outside,
        });
        comesIn = fates !== null && fates.accepted !== 0;
      }
    if (!refused || !comesIn) return;
    const by = refused.decided.at(-1)!;
    report({
      ...(by.rule ? placeOfRule(by.rule) : placeOfChain(input)),
      message: 'INPUT refuses the replies to connections that the host opens itself',
      witness: refused.packet(refused.refused),
      effect: 'name resolution, updates and time fail, although OUTPUT lets the questions out',
      help: '-I INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    });
  },
});

/** Rules, at most, of a ruleset whose connections are tried one by one. */
const mostRules = 2000;
const mostTried = 30;

/** A rule that accepts by state: what takes replies, as nearly every ruleset has it. */
const acceptsByState = ({ target, matches }: Outline): boolean =>
  target?.name === 'ACCEPT' && matches.some(({ name }) => name === 'conntrack' || name === 'state');

const takesReplies = (rule: Rule): boolean =>
  (
    [
      ['conntrack', 'states'],
      ['state', 'state'],
    ] as const
  ).some(([match, key]) => {
    const option = optionOf(rule.node, match, key);
    return option !== null && (option.value as readonly string[]).includes('ESTABLISHED') !== option.negated;
  });

/** Connections that FORWARD lets through, or INPUT in, whose replies FORWARD, or OUTPUT, refuses. */
const tellAnswers = ({ ruleset, graph, facts, report }: RulesetContext): void => {
  if (ruleset.rules.length > mostRules || !ruleset.whole) return;
  for (const [there, back] of [
    ['FORWARD', 'FORWARD'],
    ['INPUT', 'OUTPUT'],
  ] as const) {
    const going = filterChain(ruleset, there);
    const coming = filterChain(ruleset, back);
    if (!going || !coming || going.rules.length === 0 || (coming.policy === 'ACCEPT' && coming.rules.length === 0)) continue;
    const isTaken = rulesLike(ruleset, ({ table, outline }) => table.name === 'filter' && acceptsByState(outline)).some(
      (rule) => graph.hooksOf(rule.chain).has(back) && takesReplies(rule),
    );
    const lost = isTaken ? null : lostAnswer(facts, going, coming);
    if (!lost) continue;
    report({
      ...placeOfRule(lost.letting),
      label: `its replies are refused in ${back}`,
      message:
        there === 'FORWARD'
          ? 'FORWARD lets connections through and refuses their replies'
          : 'INPUT lets connections in and OUTPUT refuses their replies',
      witness: lost.packet,
      shows: lost.by ? `line ${lineOf(lost.by)} refuses this reply` : `no rule of ${back} decides this reply; the policy DROP does`,
      effect: 'connections begin and never come about: whoever opens one waits until it times out',
      help: `-I ${back} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
      related: [{ at: lost.by ? spanOf(lost.by.node) : placeOfChain(coming).at, message: 'refuses them' }],
    });
  }
};

/** Of each rule that lets new TCP connections go, one whose reply is refused; null: some reply may pass, or nothing is let go. */
const lostAnswer = (facts: RulesetContext['facts'], going: Chain, coming: Chain) => {
  const { family } = facts.ruleset;
  const there = probe(facts, going, { numbers: newTcp, in: outside });
  const open = there?.decided.filter(({ verdict }) => verdict !== 'drop' && verdict !== 'reject') ?? [];
  if (!there || open.length === 0 || open.length > mostTried) return null;
  let first: { readonly letting: Rule; readonly by: Rule | null; readonly packet: ReturnType<typeof there.packet> } | null = null;
  for (const { rule, verdict, set } of open) {
    if (!rule || verdict !== 'accept' || targetOf(rule.node) !== 'ACCEPT') return null;
    const { src, dst, sport, dport, in: came, out: left } = there.packet(set);
    const [source, destination] = [src, dst].map((text) => (text === undefined ? null : parseAddress(text, family)));
    if (!isAddress(source) || !isAddress(destination)) return null;
    const answer = probe(facts, coming, {
      numbers: {
        ...newTcp,
        connectionState: 3,
        tcpFlags: 18,
        source: destination,
        destination: source,
        ...(dport === undefined ? {} : { sourcePort: dport }),
        ...(sport === undefined ? {} : { destinationPort: sport }),
      },
      ...(coming.hook === 'FORWARD' && left !== undefined ? { in: left } : {}),
      ...(came === undefined ? { out: outside } : { out: came }),
    });
    if (answer?.accepted !== 0 || answer.open !== 0 || answer.refused === 0) return null;
    first ??= { letting: rule, by: answer.decided.at(-1)!.rule, packet: answer.packet(answer.refused) };
  }
  return first;
};

const isAddress = (value: Ordinal | Fault | null | undefined): value is Ordinal =>
  value !== null && value !== undefined && !(value instanceof Fault);
