/**
 * What new connections the filter table lets in, through or out: its accepting rules read one by one, with what the jumps to them ask. What
 * earlier rules drop is not taken away here; `iptlint query` answers that.
 */
import type { Hook } from '../../grammar/index.js';
import { ownerOf } from '../model/owners.js';
import { lineOf } from '../model/place.js';
import type { Chain, Rule, Ruleset } from '../model/ruleset.js';
import { isWithin } from './networks.js';
import { calleeOf, decisionOf, endOf, isForAll, optionOf } from './parts.js';
import { phrasesOf, type SaidPhrase, saySubject, specific } from './sentence.js';

/** Rules that let in the same, from here and there. */
export interface ExposureRow {
  /** "TCP port 22 (ssh)", "everything". */
  readonly service: string;
  /** "10.0.0.0/8", "anywhere". */
  readonly from: readonly string[];
  /** "192.0.2.5"; empty: any address. */
  readonly to: string;
  readonly arriving: string;
  readonly leaving: string;
  /** Further conditions. */
  readonly only: string;
  /** The lines that accept it; none: the policy does. */
  readonly lines: readonly number[];
}

export interface Exposure {
  readonly hook: Hook;
  readonly rows: readonly ExposureRow[];
  /** Rules that drop or reject some packets before the last accepting rule. */
  readonly refusing: readonly Rule[];
  /** Rules that hand packets to programs whose policies decide: they are not followed. */
  readonly delegated: readonly { readonly program: string; readonly rules: readonly Rule[] }[];
  /** There were more rules than are looked at. */
  readonly isCut: boolean;
}

/** Ways through a table multiply where chains are called from many places: so many steps are looked at. */
const mostSteps = 200_000;
const mostRows = 5_000;

/** Programs that decide by policies of their own, which are told elsewhere. */
const deciders: ReadonlySet<string> = new Set(['kube-router', 'calico', 'cilium', 'weave', 'azure-npm', 'antrea', 'kube-proxy']);

/** What the filter table's chain of a hook accepts of new connections. */
export const exposureOf = (ruleset: Ruleset, hook: Hook, isDead: (rule: Rule) => boolean = () => false): Exposure | null => {
  const start = ruleset.tables.get('filter')?.chains.get(hook);
  if (!start) return null;
  const found: { readonly phrases: readonly SaidPhrase[]; readonly line: number }[] = [];
  const refusing = new Set<Rule>();
  const delegated = new Map<string, Rule[]>();
  const accepting = new Set<number>();
  let waiting: Rule[] = [];
  let steps = 0;
  let isTooDeep = false;
  const walk = (chain: Chain, asked: readonly SaidPhrase[], above: ReadonlySet<Chain>): boolean => {
    if (above.has(chain)) return false;
    if (above.size > 30) {
      isTooDeep = true;
      return false;
    }
    const within = new Set([...above, chain]);
    for (const rule of chain.rules) {
      if (++steps > mostSteps || found.length >= mostRows) return true;
      const decision = decisionOf(rule);
      const callee = calleeOf(rule);
      if (decision === null && !callee) {
        if (rule.action.kind === 'target' && rule.action.effect.kind === 'return' && isForAll(rule)) return false;
        continue;
      }
      const isOpen = isForNew(rule) && !isLoopback(rule) && !isElsewhere(rule, hook) && !isDead(rule);
      const phrases = isOpen ? [...asked, ...phrasesOf(rule.node, ruleset.family)] : asked;
      if (callee) {
        const owner = ownerOf(callee);
        if (owner && deciders.has(owner.id)) {
          if (ownerOf(chain)?.id !== owner.id) delegated.set(owner.name, [...(delegated.get(owner.name) ?? []), rule]);
        } else if (isOpen) walk(callee, phrases, within);
        if (isForAll(rule) && endOf(callee)) return true;
        if (isForAll(rule) && rule.action.kind === 'goto') return false;
        continue;
      }
      if (decision === 'ACCEPT') {
        if (isOpen) {
          const line = lineOf(rule);
          if (!isContradiction(phrases)) found.push({ phrases: withoutOthers(phrases), line });
          // An accepting rule met again on another way was met before what refused the rest of that way.
          if (!accepting.has(line)) for (const before of waiting) refusing.add(before);
          accepting.add(line);
          waiting = [];
        }
      } else if (isOpen) waiting.push(rule);
      if (isForAll(rule)) return true;
    }
    return false;
  };
  walk(start, [], new Set());
  const isCut = isTooDeep || steps > mostSteps || found.length >= mostRows;
  const rows = merge(found.map(({ phrases, line }) => ({ ...describe(phrases, hook), line })));
  const isOpenAtEnd = !endOf(start) && start.policy === 'ACCEPT';
  const refused = refusing.size + waiting.length;
  // Where nothing is refused, what single rules accept tells nothing more.
  if (isOpenAtEnd && refused === 0) rows.length = 0;
  if (isOpenAtEnd)
    rows.push({
      service: rows.length > 0 ? 'everything else' : 'everything',
      from: [anyone(hook)],
      to: '',
      arriving: '',
      leaving: '',
      only: refused > 0 ? 'what no rule refuses' : '',
      lines: [],
    });
  return {
    hook,
    rows,
    refusing: [...refusing, ...(start.policy === 'ACCEPT' ? waiting : [])],
    delegated: [...delegated].map(([program, rules]) => ({ program, rules })),
    isCut,
  };
};

/** Whether a packet that begins a connection may match. */
const isForNew = (rule: Rule): boolean => {
  for (const [match, key] of [
    ['conntrack', 'states'],
    ['state', 'state'],
  ] as const) {
    const option = optionOf(rule.node, match, key);
    if (!option) continue;
    const listed = option.value as readonly string[];
    if (option.negated ? listed.includes('NEW') : !listed.includes('NEW') && !listed.includes('DNAT')) return false;
  }
  const direction = optionOf(rule.node, 'conntrack', 'direction');
  return direction?.value !== 'REPLY';
};

const isLoopback = (rule: Rule): boolean =>
  ['inInterface', 'outInterface'].some((key) => {
    const option = optionOf(rule.node, '', key);
    return option !== null && !option.negated && (option.value as { name: string; prefix: boolean }).name === 'lo';
  });

/** It asks for an interface that packets of the hook do not have: `-o` in INPUT, `-i` in OUTPUT. */
const isElsewhere = (rule: Rule, hook: Hook): boolean => {
  const key = hook === 'INPUT' ? 'outInterface' : hook === 'OUTPUT' ? 'inInterface' : null;
  const option = key && optionOf(rule.node, '', key);
  return option ? !option.negated && (option.value as { name: string }).name !== '' : false;
};

const anyone = (hook: Hook): string => (hook === 'OUTPUT' ? 'this host' : 'anywhere');

/** States that a new connection has only where DNAT has sent it on. */
const isTranslated = ({ slot, text }: SaidPhrase): boolean =>
  slot === 'adjective' && /^of (?!.*\bnew\b).*destination-translated/.test(text);

const states = /^(?:new|that are (?:not|neither) .*|of .* connections|that are .*new.*)$/;

/** The columns that phrases fill. */
const describe = (phrases: readonly SaidPhrase[], hook: Hook): Omit<ExposureRow, 'lines' | 'from'> & { readonly from: string } => {
  const own = phrases.filter(({ slot, text }) => slot !== 'note' && !(slot === 'adjective' && states.test(text)));
  const isPlace = ({ slot, isAddress }: SaidPhrase): boolean => isAddress && (slot === 'from' || slot === 'to');
  const isInterface = ({ slot, text }: SaidPhrase): boolean =>
    slot === 'arriving' || slot === 'leaving' ? !text.startsWith('not ') : false;
  const column = (slot: SaidPhrase['slot'], strip: RegExp): string => {
    const texts = own.filter((phrase) => phrase.slot === slot && (isPlace(phrase) || isInterface(phrase)));
    return narrowest([...new Set(texts.map(({ text }) => text.replace(strip, '')))]).join(', also ');
  };
  const services = own.filter((phrase) => ['noun', 'adjective', 'to'].includes(phrase.slot) && !isPlace(phrase));
  const others = own.filter(
    (phrase) =>
      phrase.slot === 'condition' ||
      (phrase.slot === 'from' && !isPlace(phrase)) ||
      (/^(arriving|leaving)$/.test(phrase.slot) && !isInterface(phrase)),
  );
  const from = column('from', /^from /);
  const to = column('to', /^to /);
  return {
    service: saySubject(services)
      .replace(/^every packet$/, 'everything')
      .replace(/ SYN packets/, '')
      .replace(/^packets other than/, 'everything but')
      .replace(/^packets /, 'any protocol, ')
      .replace(/ packets/, '')
      .replace(/ to ((?:any )?ports?)/, ' $1'),
    from: from === '' ? anyone(hook) : from,
    to: to === 'anywhere' ? '' : to,
    arriving: column('arriving', /^arriving (?:on|by) /),
    leaving: column('leaving', /^leaving by /),
    // What a match notes while it matches lets nobody in or out.
    only: [...new Set([...(phrases.some(isTranslated) ? ['sent on by DNAT'] : []), ...others.map(({ text }) => text)])]
      .filter((text) => !text.startsWith('noting '))
      .join('; '),
  };
};

const nounsOf = (phrases: readonly SaidPhrase[]): readonly string[] =>
  specific([...new Set(phrases.filter(({ slot }) => slot === 'noun').map(({ text }) => text))]);

const otherThan = /^packets other than (\S+)$/;

/** A jump and the rule behind it may ask for two protocols, or for networks that have nothing in common: no packet is both. */
const isContradiction = (phrases: readonly SaidPhrase[]): boolean => {
  const nouns = nounsOf(phrases);
  const protocols = nouns.filter((noun) => !otherThan.test(noun));
  const excluded = nouns.flatMap((noun) => otherThan.exec(noun)?.[1] ?? []);
  if (protocols.length > 1 || protocols.some((noun) => excluded.includes(noun.split(' ')[0]!))) return true;
  if ((['arriving', 'leaving'] as const).some((slot) => areApart(phrases.filter((phrase) => phrase.slot === slot)))) return true;
  return (['from', 'to'] as const).some((slot) => {
    const networks = phrases
      .filter((phrase) => phrase.slot === slot && phrase.isAddress)
      .map(({ text }) => text.replace(/^(?:from|to) /, ''));
    return networks.some((one) => networks.some((other) => areNetworks(one, other) && !isWithin(one, other) && !isWithin(other, one)));
  });
};

/** Two interfaces, or one that is wanted and unwanted. */
const areApart = (phrases: readonly SaidPhrase[]): boolean => {
  const read = phrases.flatMap(({ text }) => {
    const [, but, name, isPrefix] = /^(?:arriving on|leaving by) (any interface but )?([^ *]+)(\*?)$/.exec(text) ?? [];
    return name === undefined ? [] : [{ name, isPrefix: isPrefix === '*', isWanted: but === undefined }];
  });
  const covers = (one: (typeof read)[number], other: (typeof read)[number]): boolean =>
    one.isPrefix ? other.name.startsWith(one.name) : !other.isPrefix && one.name === other.name;
  return read.some((one) =>
    read.some((other) => one.isWanted && (other.isWanted ? !covers(one, other) && !covers(other, one) : covers(other, one))),
  );
};

const areNetworks = (...texts: readonly string[]): boolean => texts.every((text) => isWithin(text, text));

/** "TCP packets" says it where "packets other than ICMP" stands beside it. */
const withoutOthers = (phrases: readonly SaidPhrase[]): readonly SaidPhrase[] =>
  nounsOf(phrases).every((noun) => otherThan.test(noun))
    ? phrases
    : phrases.filter(({ slot, text }) => slot !== 'noun' || !otherThan.test(text));

/** Networks without those that hold another of them: a jump asks for 192.0.2.0/24, the rule behind it for 192.0.2.7. */
const narrowest = (texts: readonly string[]): readonly string[] =>
  texts.filter((text) => text !== 'anywhere' && !texts.some((other) => other !== text && isWithin(other, text)));

/** Rows that differ by source alone become one, at the place of the first. */
const merge = (
  found: readonly (Omit<ExposureRow, 'lines' | 'from'> & { readonly from: string; readonly line: number })[],
): ExposureRow[] => {
  const rows = new Map<string, { row: Omit<ExposureRow, 'lines' | 'from'>; from: Set<string>; lines: Set<number> }>();
  for (const { from, line, ...row } of found) {
    const key = JSON.stringify(row);
    const known = rows.get(key);
    if (known) {
      known.from.add(from);
      known.lines.add(line);
    } else rows.set(key, { row, from: new Set([from]), lines: new Set([line]) });
  }
  return [...rows.values()].map(({ row, from, lines }) => ({
    ...row,
    from: from.has('anywhere') ? ['anywhere'] : [...from],
    lines: [...lines],
  }));
};
