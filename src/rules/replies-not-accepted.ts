/** A host that gets no answers: replies to its own connections are refused in INPUT. */
import { filterChain, stanceOf } from '../analysis/intent.js';
import { anyPublic, outside, probe, unnamedPort } from '../analysis/probe.js';
import { placeOfChain, placeOfRule } from '../model/place.js';
import { defineCheck } from './define.js';

/** A reply, as connection tracking sees it. */
const reply = { connectionState: 3, laterFragment: 0 } as const;

export default defineCheck({
  id: 'replies-not-accepted',
  category: 'security',
  level: 'warning',
  summary: 'Replies to connections of the host itself are refused.',
  why: 'Packets that come back are packets that come in: INPUT decides them like all others. Where it refuses by default and no rule accepts ESTABLISHED packets, nor any by their source port, the host can open connections but never hears an answer: no updates, no name resolution, no time. Told where replies from the usual services (53, 80, 123, 443) are proved to be refused on every interface but lo, and OUTPUT would let a connection out.',
  advice: 'Accept -m conntrack --ctstate RELATED,ESTABLISHED near the top of INPUT.',
  examples: {
    find: [
      {
        title: 'only new connections are thought of',
        text: ':INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      },
    ],
    leave: [
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
  checkRuleset: ({ ruleset, facts, report }) => {
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
