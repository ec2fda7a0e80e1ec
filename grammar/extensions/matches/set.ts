/** `-m set`: whether an IP set holds what the packet carries. Whether the counters of the element count is a question of history, the rest is not. */
import { all, notIf } from '../../packet/predicate.js';
import { longInteger } from '../../values/long-integer.js';
import { sayTogether } from '../../values/names.js';
import { fieldsOfSides, isPlural, saySides, setReference } from '../../values/set-reference.js';
import { none } from '../../values/value.js';
import { defineMatch, phrase, type Use } from '../define.js';
import { ask, detailed, join, spell } from '../spell.js';

interface Counters {
  readonly packetsEqual?: Use<bigint>;
  readonly packetsBelow?: Use<bigint>;
  readonly packetsAbove?: Use<bigint>;
  readonly bytesEqual?: Use<bigint>;
  readonly bytesBelow?: Use<bigint>;
  readonly bytesAbove?: Use<bigint>;
}

const counterFlags: Readonly<Record<keyof Counters, string>> = {
  packetsEqual: '--packets-eq',
  packetsBelow: '--packets-lt',
  packetsAbove: '--packets-gt',
  bytesEqual: '--bytes-eq',
  bytesBelow: '--bytes-lt',
  bytesAbove: '--bytes-gt',
};
const counterKeys = Object.keys(counterFlags) as (keyof Counters)[];

const printCounters = (given: Counters): string =>
  join(...counterKeys.map((key) => given[key] && spell(counterFlags[key], given[key].negated, given[key].value)));

/** "more than 5 packets", "any number of packets but 3". */
const sayCounters = (given: Counters): readonly string[] =>
  counterKeys.flatMap((key) => {
    const use = given[key];
    if (!use) return [];
    const what = key.startsWith('packets') ? 'packets' : 'bytes';
    if (key.endsWith('Equal')) return [use.negated ? `any number of ${what} but ${use.value}` : `${use.value} ${what}`];
    return [`${key.endsWith('Below') ? 'fewer' : 'more'} than ${use.value} ${what}`];
  });

export const set = defineMatch({
  name: 'set',
  manual: 'iptables-extensions(8) set; net/netfilter/xt_set.c',
  decidedBy: 'surroundings',
  options: {
    set: { flag: '--match-set', value: setReference, negatable: true, required: true },
    returnNomatch: { flag: '--return-nomatch', value: none },
    updateCounters: { flag: '--update-counters', value: none, negatable: true },
    updateSubcounters: { flag: '--update-subcounters', value: none, negatable: true },
    packetsEqual: { flag: '--packets-eq', value: longInteger, negatable: true, excludes: ['packetsBelow', 'packetsAbove'] },
    packetsBelow: { flag: '--packets-lt', value: longInteger, excludes: ['packetsEqual', 'packetsAbove'] },
    packetsAbove: { flag: '--packets-gt', value: longInteger, excludes: ['packetsEqual', 'packetsBelow'] },
    bytesEqual: { flag: '--bytes-eq', value: longInteger, negatable: true, excludes: ['bytesBelow', 'bytesAbove'] },
    bytesBelow: { flag: '--bytes-lt', value: longInteger, excludes: ['bytesEqual', 'bytesAbove'] },
    bytesAbove: { flag: '--bytes-gt', value: longInteger, excludes: ['bytesEqual', 'bytesBelow'] },
  },
  matches: ({ set: { value, negated }, returnNomatch, ...counters }, context) => {
    const reads = fieldsOfSides(value.sides);
    const text = join(`--match-set ${setReference.print(value, { ...context, negated: false })}`, returnNomatch && '--return-nomatch');
    const counted = printCounters(counters);
    return all(
      notIf(
        negated,
        ask('set', 'surroundings', text, { set: value.name, sides: value.sides, returnNomatch: returnNomatch !== undefined }, reads),
      ),
      counted !== '' ? ask('set', 'history', join(text, counted), { set: value.name, sides: value.sides, counters }, reads) : undefined,
    );
  },
  save: ({ set: { value, negated }, returnNomatch, updateCounters, updateSubcounters, ...counters }, context) =>
    join(
      spell('--match-set', negated, setReference.print(value, { ...context, negated })),
      returnNomatch && '--return-nomatch',
      // Updating is the default and not printed.
      updateCounters?.negated && '! --update-counters',
      updateSubcounters?.negated && '! --update-subcounters',
      printCounters(counters),
    ),
  say: ({ set: { value, negated }, returnNomatch, updateCounters, updateSubcounters, ...counters }) => {
    const where = `${negated ? 'not ' : ''}in set ${value.name}`;
    const counted = sayCounters(counters);
    const details = [
      ...(returnNomatch ? ['as a nomatch entry'] : []),
      ...(counted.length > 0 ? [`counted there: ${sayTogether(counted)}`] : []),
      ...(updateCounters?.negated ? ['its counters left alone'] : []),
      ...(updateSubcounters?.negated ? ['counters of its members left alone'] : []),
    ];
    return [phrase('condition', detailed(`whose ${saySides(value.sides)} ${isPlural(value.sides) ? 'are' : 'is'} ${where}`, details))];
  },
  examples: [
    { rule: '-m set --match-set blocked src', says: 'whose source is in set blocked' },
    {
      rule: '-m set ! --match-set services dst,dst --return-nomatch',
      says: 'whose destination pair is not in set services (as a nomatch entry)',
    },
    {
      rule: '-m set --match-set seen src --packets-gt 10 ! --update-counters',
      saved: '-m set --match-set seen src ! --update-counters --packets-gt 10',
      says: 'whose source is in set seen (counted there: more than 10 packets, its counters left alone)',
    },
    { rule: '-m set --match-set blocked source', refused: 'neither src nor dst' },
    { rule: '-m set --match-set blocked src,src,src,src,src,src,src', refused: 'more than 6' },
    { rule: '-m set --return-nomatch', refused: '--match-set' },
  ],
});
