/** Published ports of containers, which INPUT never sees. */
import { filterChain, stanceOf } from '../analysis/intent.js';
import { anyPublic, elsewhere, type Fates, newTcp, newUdp, outside, probe } from '../analysis/probe.js';
import { portsOf } from '../explain/parts.js';
import { lineOf, placeOfRule, spanOf } from '../model/place.js';
import { type Published, publishedOn } from '../model/published-ports.js';
import type { Rule, Ruleset } from '../model/ruleset.js';
import { defineCheck } from './define.js';

const mostAsked = 100;

export default defineCheck({
  id: 'docker-bypasses-input',
  category: 'platform',
  level: 'warning',
  summary: 'A published container port is open although INPUT refuses the port.',
  why: 'A published port is translated in nat PREROUTING, before routing. The packet then goes to the container through FORWARD and never through INPUT, so neither rules in INPUT nor ufw, which works there, can refuse it: Docker says so itself. Told where INPUT is proved to refuse a new connection from the Internet to the port and FORWARD is proved to let it through to the container: two ways, with their lines. A warning where a rule refuses this very port by name, since somebody believes that it is closed; info where only the general refusal of INPUT would.',
  advice:
    'Publish the port on 127.0.0.1 (-p 127.0.0.1:8080:80), or refuse it in DOCKER-USER with -m conntrack --ctorigdstport, which still knows the port before translation.',
  examples: {
    find: [
      {
        title: 'INPUT drops 8080, Docker sends it on',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:DOCKER - [0:0]\n:DOCKER-USER - [0:0]\n-A INPUT -p tcp -m tcp --dport 8080 -j DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A FORWARD -j DOCKER-USER\n-A FORWARD -o docker0 -j DOCKER\n-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT\n-A DOCKER-USER -j RETURN\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'DOCKER-USER refuses it',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:DOCKER - [0:0]\n:DOCKER-USER - [0:0]\n-A INPUT -p tcp -m tcp --dport 8080 -j DROP\n-A FORWARD -j DOCKER-USER\n-A FORWARD -o docker0 -j DOCKER\n-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT\n-A DOCKER-USER -o docker0 -p tcp -m conntrack --ctstate NEW -j DROP\nCOMMIT\n',
      },
      {
        title: 'INPUT lets it in as well',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n-A DOCKER ! -i docker0 -p tcp -m tcp --dport 443 -j DNAT --to-destination 172.17.0.2:443\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:DOCKER - [0:0]\n-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\n-A FORWARD -o docker0 -j DOCKER\n-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 443 -j ACCEPT\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    const input = filterChain(ruleset, 'INPUT');
    const forward = filterChain(ruleset, 'FORWARD');
    const published = publishedOn(ruleset);
    if (!input || !forward || published.length === 0 || input.rules.length === 0 || !stanceOf(facts, input)?.restrictive) return;
    const found: { readonly port: Published; readonly refusing: Rule | null; readonly accepting: Rule | null; readonly fates: Fates }[] =
      [];
    const seen = new Set<string>();
    for (const port of published.slice(0, mostAsked)) {
      const key = `${port.protocol} ${port.hostPort} ${port.container}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const base = { ...(port.protocol === 6 ? newTcp : newUdp), source: anyPublic(facts, 'source'), sourcePort: 40000 };
      const denied = probe(facts, input, { numbers: { ...base, destinationPort: port.hostPort }, in: elsewhere });
      if (denied?.accepted !== 0 || denied.open !== 0) continue;
      const passed = probe(facts, forward, {
        numbers: {
          ...base,
          destination: port.container,
          destinationPort: port.containerPort,
          connectionStatus: 32,
          originalDestinationPort: port.hostPort,
        },
        in: elsewhere,
        out: outside,
      });
      const by = passed?.decided.find(({ verdict }) => verdict === 'accept');
      if (!passed || !by) continue;
      const refusing = denied.decided.find(({ verdict }) => verdict === 'drop' || verdict === 'reject')?.rule ?? null;
      found.push({ port, refusing, accepting: by.rule, fates: denied });
    }
    const named = found.filter(({ refusing }) => refusing !== null && portsOf(refusing) !== null);
    const others = found.filter((each) => !named.includes(each));
    for (const { port, refusing, accepting, fates } of named)
      report({
        ...placeOfRule(refusing!),
        message: `port ${port.hostPort} is open to the Internet although this rule refuses it: it goes to a container through FORWARD, and never comes here`,
        witness: fates.packet(fates.refused),
        shows: `INPUT: line ${lineOf(refusing!)} would refuse it; nat sends it through FORWARD, where ${accepting ? `line ${lineOf(accepting)} accepts it` : 'the policy accepts it'}`,
        help: `publish it on 127.0.0.1, or refuse it in ${forUsers(ruleset)} with -m conntrack --ctorigdstport ${port.hostPort}`,
        related: [
          { at: spanOf(port.rule.node), message: 'sends it to the container' },
          ...(accepting ? [{ at: spanOf(accepting.node), message: 'lets it through' }] : []),
        ],
      });
    const [first, ...rest] = others;
    if (!first) return;
    const ports = others.map(({ port }) => String(port.hostPort));
    report({
      ...placeOfRule(first.port.rule),
      level: 'info',
      message: `INPUT refuses strangers, yet ${ports.length === 1 ? 'a published port is' : 'published ports are'} open to them: ${ports.slice(0, 10).join(', ')}${ports.length > 10 ? ' and more' : ''} ${ports.length === 1 ? 'goes' : 'go'} to containers through FORWARD`,
      witness: first.fates.packet(first.fates.refused),
      shows: `INPUT would refuse it; nat sends it through FORWARD, where ${first.accepting ? `line ${lineOf(first.accepting)} accepts it` : 'the policy accepts it'}`,
      help: `if it is not meant so, publish on 127.0.0.1, or refuse in ${forUsers(ruleset)} with -m conntrack --ctorigdstport`,
      related: rest.slice(0, 20).map(({ port }) => ({ at: spanOf(port.rule.node), message: 'published too' })),
    });
  },
});

/** Where rules of one's own come before those of the program that publishes; Docker makes its chain again. */
const forUsers = (ruleset: Ruleset): string => {
  const chains = ruleset.tables.get('filter')?.chains;
  if (chains?.has('DOCKER-USER') || chains?.has('DOCKER')) return 'DOCKER-USER';
  return chains?.has('CNI-ADMIN') ? 'CNI-ADMIN' : 'FORWARD, before the jump to its chains,';
};
