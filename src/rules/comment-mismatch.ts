/** Comments that name another port or service than their rule has. */
import { optionNode, portsOf } from '../explain/parts.js';
import { censusOf } from '../model/census.js';
import { commentOf, ownerOfRule } from '../model/owners.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

/** What a word in a comment says of the port. */
const services: Readonly<Record<string, readonly number[]>> = {
  ssh: [22, 2222],
  http: [80, 8080, 8000],
  https: [443, 8443],
  smtp: [25, 465, 587],
  smtps: [465],
  dns: [53, 853],
  ntp: [123],
  imap: [143, 993],
  imaps: [993],
  pop3: [110, 995],
  mysql: [3306],
  mariadb: [3306],
  postgres: [5432],
  postgresql: [5432],
  redis: [6379],
  telnet: [23],
  rdp: [3389],
};

const ports = (rule: Rule): readonly (readonly [first: number, last: number])[] =>
  (portsOf(rule) ?? '').split(',').flatMap((part) => {
    const [first, last] = part.split(':').map(Number);
    return part === '' || first === undefined || Number.isNaN(first) ? [] : [[first, last ?? first] as const];
  });

const holds = (ranges: readonly (readonly [number, number])[], port: number): boolean =>
  ranges.some(([first, last]) => first <= port && port <= last);

export default defineCheck({
  id: 'comment-mismatch',
  category: 'style',
  level: 'off',
  summary: 'The comment names another port or service than the rule has.',
  why: 'A comment is what the next reader believes. Where it says "port 443" or "ssh" and the rule has neither that port nor one where that service commonly listens, one of the two was copied and forgotten. Told for comments that name exactly one port ("port 443", "tcp/443", ":443") or one well-known service, in rules with destination ports; off by default, since a comment may mean something else.',
  advice: 'Correct the comment or the port.',
  examples: {
    find: [
      { title: 'the port differs', text: '-A INPUT -p tcp -m comment --comment "allow port 443" -m tcp --dport 80 -j ACCEPT' },
      { title: 'the service differs', text: '-A INPUT -p tcp -m comment --comment "ssh from office" -m tcp --dport 3306 -j ACCEPT' },
    ],
    leave: [
      { title: 'they agree', text: '-A INPUT -p tcp -m comment --comment "allow ssh" -m tcp --dport 22 -j ACCEPT' },
      {
        title: 'a service on a port of its own, and it says so',
        text: '-A INPUT -p tcp -m comment --comment "ssh on port 2200" -m tcp --dport 2200 -j ACCEPT',
      },
      { title: 'several services', text: '-A INPUT -p tcp -m comment --comment "http and https" -m multiport --dports 80,443 -j ACCEPT' },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    for (const rule of censusOf(ruleset).withMatch('comment')) {
      const comment = commentOf(rule);
      const own = ports(rule);
      if (!comment || own.length === 0 || ownerOfRule(rule)) continue;
      const named = [...comment.matchAll(/\b(?:port|tcp|udp)[ /:]?(\d{1,5})\b|(?<![\d:.]):(\d{2,5})\b/gi)].map(([, a, b]) =>
        Number(a ?? b),
      );
      const words = [...new Set(comment.toLowerCase().match(/[a-z][a-z0-9]*/g) ?? [])].filter((word) => services[word]);
      let says: string | null = null;
      if (named.length === 1) says = holds(own, named[0]!) || targetPortIs(rule, named[0]!) ? null : `port ${named[0]}`;
      else if (named.length === 0 && words.length === 1 && !services[words[0]!]!.some((port) => holds(own, port))) says = words[0]!;
      // A port by itself is somebody's choice: only one that belongs to another service contradicts.
      if (
        says !== null &&
        named.length === 0 &&
        !Object.values(services).some((list) => list.some((port) => own.some(([first, last]) => first === port && last === port)))
      )
        says = null;
      const option = optionNode(rule.node, 'comment', 'comment');
      if (says === null) continue;
      report({
        ...placeOfRule(rule),
        ...(option ? { focus: [spanOf(option)] } : {}),
        certainty: 'possible',
        leansOn: ['what the comment means'],
        message: `the comment says ${says}, the rule is about port ${portsOf(rule)}`,
        help: 'correct the comment or the port',
      });
    }
  },
});

/** DNAT and REDIRECT name a second port. */
const targetPortIs = (rule: Rule, port: number): boolean => {
  const { target } = rule.node;
  if (!target) return false;
  return new RegExp(`\\b${port}\\b`).test(rule.chain.table.ruleset.source.text.slice(target.start, target.end));
};
