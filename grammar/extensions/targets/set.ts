/** `-j SET`: puts addresses of the packet into an IP set, takes them out, or takes marks from it (libxt_SET.c, net/netfilter/xt_set.c). */
import { integer } from '../../values/integer.js';
import { sayTogether } from '../../values/names.js';
import { saySides, setReference } from '../../values/set-reference.js';
import { none } from '../../values/value.js';
import { defineTarget, type Use } from '../define.js';
import { goesOn } from '../effects.js';
import { join } from '../spell.js';

const last = <T>(uses: readonly Use<T>[]): T => uses[uses.length - 1]!.value; // a repeatable option is never empty

/** Of an option that is told twice the last one counts; a `!` before a set is read and has no effect (measured with 1.8.9). */
export const set = defineTarget({
  name: 'SET',
  manual: 'iptables-extensions(8) SET; net/netfilter/xt_set.c',
  options: {
    add: { flag: '--add-set', value: setReference, negatable: true },
    exist: { flag: '--exist', value: none, repeatable: true },
    timeout: { flag: '--timeout', value: integer(0, 0xfffffffe), repeatable: true },
    remove: { flag: '--del-set', value: setReference, negatable: true },
    map: { flag: '--map-set', value: setReference, negatable: true },
    mapMark: { flag: '--map-mark', value: none, repeatable: true },
    mapPriority: { flag: '--map-prio', value: none, repeatable: true },
    mapQueue: { flag: '--map-queue', value: none, repeatable: true },
  },
  placeFor: ({ map, mapPriority, mapQueue }) => {
    if (!map) return undefined;
    return mapPriority || mapQueue ? { tables: ['mangle'], hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'] } : { tables: ['mangle'] };
  },
  check: ({ add, exist, timeout, remove, map, mapMark, mapPriority, mapQueue }) => {
    if (!add && !remove && !map) return 'it wants --add-set, --del-set or --map-set';
    if (!add && exist) return '--exist belongs to --add-set';
    if (!add && timeout) return '--timeout belongs to --add-set';
    const maps = mapMark ?? mapPriority ?? mapQueue;
    if (!map && maps) return '--map-mark, --map-prio and --map-queue belong to --map-set';
    return map && !maps ? '--map-set wants --map-mark, --map-prio or --map-queue' : undefined;
  },
  effect: goesOn,
  rewrites: ({ mapMark }) => (mapMark ? [{ kind: 'unknown', field: 'mark' }] : []),
  hasSideEffect: true,
  save: ({ add, exist, timeout, remove, map, mapMark, mapPriority, mapQueue }, context) => {
    const words = (use: Use<Parameters<typeof setReference.print>[0]>) =>
      setReference.print(use.value, { family: context.family, negated: false });
    return join(
      add && `--add-set ${words(add)}`,
      exist && '--exist',
      timeout && `--timeout ${last(timeout)}`,
      remove && `--del-set ${words(remove)}`,
      map && `--map-set ${words(map)}`,
      mapMark && '--map-mark',
      mapPriority && '--map-prio',
      mapQueue && '--map-queue',
    );
  },
  say: ({ add, exist, timeout, remove, map, mapMark, mapPriority, mapQueue }) => {
    const parts: string[] = [];
    if (add)
      parts.push(
        `add the ${saySides(add.value.sides)} to set ${add.value.name}${timeout ? ` for ${last(timeout)} s` : ''}${exist ? ', renewing it if it is there' : ''}`,
      );
    if (remove) parts.push(`remove the ${saySides(remove.value.sides)} from set ${remove.value.name}`);
    if (map) {
      const what = [mapMark && 'mark', mapPriority && 'priority', mapQueue && 'queue'].filter((word) => word !== undefined);
      parts.push(`take the ${sayTogether(what)} that set ${map.value.name} has for the ${saySides(map.value.sides)}`);
    }
    const words = parts.join(' and ');
    return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
  },
  examples: [
    {
      rule: '-j SET --add-set banned src --timeout 600 --exist',
      saved: '-j SET --add-set banned src --exist --timeout 600',
      says: 'Add the source to set banned for 600 s, renewing it if it is there',
    },
    { rule: '-j SET --del-set banned src,dst', says: 'Remove the source and destination from set banned' },
    {
      rule: '-j SET --map-set classes dst --map-mark',
      table: 'mangle',
      chain: 'FORWARD',
      says: 'Take the mark that set classes has for the destination',
    },
    { rule: '-j SET', refused: '--add-set' },
    { rule: '-j SET --del-set banned src --exist', refused: 'belongs to --add-set' },
    { rule: '-j SET --map-set classes src', table: 'mangle', chain: 'FORWARD', refused: '--map-mark' },
  ],
});
