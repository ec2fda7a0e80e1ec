/** Every rule of a ruleset with its verdict, one by one in file order: dead, live with a packet that gets there, or not decided. */
import type { Facts, Status } from '../analysis/facts.js';
import { lineOf } from '../model/place.js';
import { packetJson } from '../packets/pick.js';

/** One rule as `iptlint query FILE --per-rule` tells it. */
export interface RuleAnswer {
  readonly line: number;
  readonly table: string;
  readonly chain: string;
  readonly status: Status;
  /** Of a live rule: a packet that gets there. */
  readonly witness: ReturnType<typeof packetJson> | null;
  /** Of a dead rule: the lines that take its packets, in the order in which packets meet them. */
  readonly by: readonly number[];
  /** Unknowns that have to fall a certain way for what is told to hold. */
  readonly leansOn: readonly string[];
}

/** Rules of all rulesets of one text in file order; each is worked out when it is taken, so that output can begin at once. */
export function* perRule(desks: readonly Facts[]): Generator<RuleAnswer> {
  const all = desks.flatMap((facts) => facts.ruleset.rules.map((rule) => ({ facts, rule })));
  if (desks.length > 1) all.sort((a, b) => a.rule.node.start - b.rule.node.start);
  for (const { facts, rule } of all) {
    const { status, packet, by, leansOn } = facts.verdict(rule);
    yield {
      line: lineOf(rule),
      table: rule.chain.table.name,
      chain: rule.chain.name,
      status,
      witness: packet ? packetJson(packet) : null,
      by: [...new Set(by.map(lineOf))],
      leansOn,
    };
  }
}
