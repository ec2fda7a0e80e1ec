/**
 * What a table holds once all its lines have run: -I, -D, -R, -F, -X, -P, -E and the like applied in order, as iptables-restore does
 * (iptables/iptables-restore.c), and the lines that would be refused as they run. Plain iptables-save output holds none of them and comes back
 * as it is. Commands of a script work on what the kernel holds already, which is not known: none of theirs is called refused.
 */
import { findTarget } from '../extensions/catalogue.js';
import type { Backend } from '../extensions/define.js';
import { builtInChains, isTable } from '../netfilter/tables.js';
import type { Problem } from '../problem.js';
import { byteLength } from '../values/text.js';
import type { ChainCommandNode, ChainNode, RuleNode, TableItem, TableNode } from './ast.js';
import { copyRule, expandRule, printRule } from './print-rule.js';

/** Bytes of a chain's name. */
const longestName = 28;

export interface EffectiveTable {
  /** Declarations, rules (all of them in order, as if appended), comments, blank and unread lines. */
  readonly items: readonly TableItem[];
  /** Lines that would be refused when they run. */
  readonly problems: readonly Problem[];
}

/** Nothing but declarations, each of a chain of its own, and rules that are appended. */
const isPlainTable = (items: readonly TableItem[]): boolean => {
  const declared = new Set<string>();
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    if (item.kind === 'chain-command' || (item.kind === 'rule' && item.command !== 'append')) return false;
    if (item.kind !== 'chain') continue;
    if (item.form !== 'declaration' || declared.has(item.name)) return false;
    declared.add(item.name);
  }
  return true;
};

/** The table after its last line. Positions of -I, -D and -R count from 1, within their chain; a list of addresses counts as its rules. */
export const effectiveItems = (table: TableNode): EffectiveTable => {
  if (isPlainTable(table.items)) return { items: table.items, problems: [] };
  const run = new Run(table);
  for (const item of table.items) run.take(item);
  return { items: run.items, problems: run.problems };
};

/** A table while its lines run. */
class Run {
  readonly items: TableItem[] = [];
  readonly problems: Problem[] = [];
  private readonly table: TableNode;
  private readonly builtIn: ReadonlySet<string>;
  /** Names of the chains among the items. */
  private readonly declared = new Set<string>();
  /** Chains that held rules when -F took the rules of all: the nft back end cannot delete them in the same file. */
  private readonly flushed = new Set<string>();

  constructor(table: TableNode) {
    this.table = table;
    this.builtIn = new Set(isTable(table.name) ? builtInChains[table.name] : []);
  }

  take(item: TableItem): void {
    if (item.kind === 'rule') {
      this.rule(item);
    } else if (item.kind === 'chain') {
      this.chain(item);
    } else if (item.kind === 'chain-command') {
      this.command(item);
    } else this.items.push(item);
  }

  private rule(item: RuleNode): void {
    const { chain, position } = item;
    switch (item.command) {
      case 'append':
        this.items.push(item);
        return;
      case 'insert': {
        const at = this.placeOf(chain, position ?? 1);
        if (at !== null) this.items.splice(at, 0, item);
        else {
          const count = this.countOf(chain);
          // In a script the kernel may hold more rules than stand here.
          if (position === null || position === count + 1 || !this.table.header) this.items.push(item);
          else this.refuse(item, `the chain ${chain} has only ${count} rules: nothing can be inserted at ${position}`);
        }
        return;
      }
      case 'replace': {
        const at = this.placeOf(chain, position ?? 0);
        if (expandRule(item).length > 1) this.refuse(item, 'a rule with a list of addresses is several: it cannot replace one');
        else if (at === null) this.refuse(item, `the chain ${chain} has no rule ${position ?? ''}`);
        else {
          this.isolate(at);
          this.items[at] = item;
          this.refuse(item, 'the back end of 1.8.9 crashes where -R replaces a rule of the same file', 'nft');
        }
        return;
      }
      case 'delete': {
        if (position === null) {
          this.deleteAlike(item);
          return;
        }
        const at = this.placeOf(chain, position);
        if (at === null) this.refuse(item, `the chain ${chain} has no rule ${position}`);
        else {
          this.isolate(at);
          this.items.splice(at, 1);
        }
        return;
      }
      case 'check':
        if (this.lines(item).some((line) => this.findAlike(chain, line) < 0)) this.refuse(item, `no such rule stands in ${chain}`);
    }
  }

  /** -D with a rule: of a list of addresses each rule goes, and each must be there. */
  private deleteAlike(item: RuleNode): void {
    for (const line of this.lines(item)) {
      const at = this.findAlike(item.chain, line);
      if (at < 0) {
        this.refuse(item, `no such rule stands in ${item.chain}`);
        return;
      }
      const parts = inOrder(this.items[at] as RuleNode); // findAlike finds rules only
      this.items.splice(at, 1, ...parts.filter((_, index) => index !== parts.findIndex((other) => this.lines(other)[0] === line)));
    }
  }

  private chain(item: ChainNode): void {
    if (!this.declared.has(item.name)) {
      this.declared.add(item.name);
      this.items.push(item);
      return;
    }
    const at = this.items.findIndex((other) => other.kind === 'chain' && other.name === item.name);
    const before = this.items[at] as ChainNode; // `declared` says that it is there
    if (item.form === '-P') this.items[at] = { ...before, policy: item.policy };
    else if (item.form === 'declaration') {
      // A second declaration sets the policy anew, and empties a chain of one's own (nft; legacy refuses it).
      if (this.builtIn.has(item.name))
        this.items[at] = { ...before, policy: item.policy ?? before.policy, counters: item.counters ?? before.counters };
      else this.removeRules(item.name);
    }
  }

  private command(item: ChainCommandNode): void {
    const { chain } = item;
    if (chain !== null && !this.exists(chain) && item.command !== 'rename') {
      this.refuse(item, `the table ${this.table.name} has no chain ${chain}`);
      return;
    }
    switch (item.command) {
      case 'flush':
        if (chain === null) for (const other of this.items) if (other.kind === 'rule') this.flushed.add(other.chain);
        this.removeRules(chain);
        return;
      case 'delete-chain':
        this.deleteChains(item);
        return;
      case 'rename':
        this.rename(item);
        return;
      case 'zero':
        this.zero(item);
        return;
      case 'list':
        return;
    }
  }

  /** -Z with the number of a rule. */
  private zero(item: ChainCommandNode): void {
    const { chain, position } = item;
    if (chain === null || position === null) return;
    const count = this.countOf(chain);
    if (position > count) {
      const isUnknown = count === 0 && !this.declared.has(chain);
      this.refuse(item, `the chain ${chain} has no rule ${position}`, isUnknown ? undefined : 'legacy');
    } else this.refuse(item, 'the back end of 1.8.9 crashes where -Z names a rule of the same file', 'nft');
  }

  private deleteChains(item: ChainCommandNode): void {
    const { chain } = item;
    if (chain !== null && this.builtIn.has(chain)) {
      this.refuse(item, `the chain ${chain} is built in and cannot be deleted`);
      return;
    }
    const names = new Set(
      chain === null
        ? this.items.flatMap((other) => (other.kind === 'chain' && !this.builtIn.has(other.name) ? [other.name] : []))
        : [chain],
    );
    for (const name of names) {
      const rule = this.items.find((other) => other.kind === 'rule' && other.chain === name);
      const jump = this.items.find((other) => other.kind === 'rule' && other.target?.name === name);
      if (rule || jump) {
        this.refuse(
          item,
          rule
            ? `the chain ${name} still holds rules: it cannot be deleted`
            : `rules still lead to the chain ${name}: it cannot be deleted`,
        );
        if (this.table.header) return;
        names.delete(name);
        continue;
      }
      if (this.flushed.has(name))
        this.refuse(item, `the chain ${name} cannot be deleted in the file that fills it and empties it with -F`, 'nft');
    }
    for (const name of names) this.declared.delete(name);
    this.keep((other) => other.kind !== 'chain' || !names.has(other.name));
  }

  private rename(item: ChainCommandNode): void {
    const { chain, to } = item;
    if (chain === null || to === null) return;
    if (this.builtIn.has(chain) || !this.exists(chain))
      this.refuse(item, `the table ${this.table.name} has no chain ${chain} of one's own`);
    else if (this.exists(to)) this.refuse(item, `the table ${this.table.name} has a chain ${to} already`);
    else if (byteLength(to) > longestName) this.refuse(item, `the name ${to} is longer than ${longestName} bytes`);
    else if (findTarget(to)) this.refuse(item, `a chain may not have the name of a target, ${to}`);
    else {
      this.refuse(item, 'the back end of 1.8.9 cannot rename a chain that the same file makes', 'nft');
      this.declared.delete(chain);
      this.declared.add(to);
      for (let i = 0; i < this.items.length; i++) {
        const other = this.items[i]!;
        if (other.kind === 'chain' && other.name === chain) this.items[i] = { ...other, name: to };
        if (other.kind !== 'rule') continue;
        const { target } = other;
        const leadsThere = target !== null && target.name === chain;
        if (other.chain === chain || leadsThere)
          this.items[i] = {
            ...copyRule(other),
            chain: other.chain === chain ? to : other.chain,
            target: leadsThere ? { ...target, name: to } : target,
          };
      }
    }
  }

  private exists(name: string): boolean {
    return this.builtIn.has(name) || this.declared.has(name);
  }

  private removeRules(chain: string | null): void {
    this.keep((item) => item.kind !== 'rule' || (chain !== null && item.chain !== chain));
  }

  private keep(stays: (item: TableItem) => boolean): void {
    let kept = 0;
    for (const item of this.items) if (stays(item)) this.items[kept++] = item;
    this.items.length = kept;
  }

  /**
   * Index in items at which the rule at a position of a chain begins; null past the chain's end. A list of addresses that begins before the
   * position is taken apart.
   */
  private placeOf(chain: string, position: number): number | null {
    if (position < 1) return null;
    let seen = 0;
    for (let i = 0; i < this.items.length; i++) {
      const item = this.items[i]!;
      if (item.kind !== 'rule' || item.chain !== chain) continue;
      if (position === seen + 1) return i;
      const parts = inOrder(item);
      if (position <= seen + parts.length) {
        this.items.splice(i, 1, ...parts);
        return i + position - seen - 1;
      }
      seen += parts.length;
    }
    return null;
  }

  /** Takes a list of addresses at an index apart, so that its first rule stands there alone. */
  private isolate(at: number): void {
    const parts = inOrder(this.items[at] as RuleNode); // placeOf finds rules only
    if (parts.length > 1) this.items.splice(at, 1, ...parts);
  }

  private countOf(chain: string): number {
    return this.items.reduce((n, item) => n + (item.kind === 'rule' && item.chain === chain ? expandRule(item).length : 0), 0);
  }

  private lines(rule: RuleNode): readonly string[] {
    return printRule(rule, { family: this.table.family, backend: 'legacy' });
  }

  private findAlike(chain: string, line: string): number {
    return this.items.findIndex((item) => item.kind === 'rule' && item.chain === chain && this.lines(item).includes(line));
  }

  private refuse(item: TableItem, message: string, backend?: Backend): void {
    if (!this.table.header) return;
    this.problems.push({
      code: 'failing-command',
      severity: 'error',
      start: item.start,
      end: item.end,
      message,
      ...(backend ? { backend } : {}),
    });
  }
}

/** The rules that a rule with lists of addresses makes, in the order in which they come to stand: -I turns it round. */
const inOrder = (rule: RuleNode): readonly RuleNode[] => {
  const parts = expandRule(rule);
  return rule.command === 'insert' ? [...parts].reverse() : parts;
};
