/** `-m string`: bytes that the packet holds, its headers included. */
import { notIf } from '../../packet/predicate.js';
import { integer } from '../../values/integer.js';
import { oneName } from '../../values/names.js';
import { hexPayload, isHexadecimal, type Payload, plainPayload, printPayload } from '../../values/payload.js';
import { none } from '../../values/value.js';
import { defineMatch, phrase, type Use } from '../define.js';
import { ask, join, spell } from '../spell.js';

const highest = 65535;

interface Options {
  readonly from?: Use<number>;
  readonly to?: Use<number>;
  readonly algorithm: Use<string>;
  readonly string?: Use<Payload>;
  readonly hexString?: Use<Payload>;
  readonly icase?: Use<true>;
}

const print = ({ from, to, algorithm, string, hexString, icase }: Options, negated: boolean): string => {
  const wanted = (string ?? hexString)?.value;
  return join(
    wanted && spell(isHexadecimal(wanted) ? '--hex-string' : '--string', negated, printPayload(wanted)),
    `--algo ${algorithm.value}`,
    from && from.value !== 0 && `--from ${from.value}`,
    to && to.value !== highest && `--to ${to.value}`,
    icase && '--icase',
  );
};

export const string = defineMatch({
  name: 'string',
  manual: 'iptables-extensions(8) string; net/netfilter/xt_string.c',
  decidedBy: 'packet',
  options: {
    from: { flag: '--from', value: integer(0, highest) },
    to: { flag: '--to', value: integer(0, highest) },
    algorithm: { flag: '--algo', value: oneName({ names: ['bm', 'kmp'], what: 'search algorithm' }), required: true },
    string: { flag: '--string', value: plainPayload, negatable: true, excludes: ['hexString'] },
    hexString: { flag: '--hex-string', value: hexPayload, negatable: true, excludes: ['string'] },
    icase: { flag: '--icase', value: none },
  },
  check: ({ from, to, string: plain, hexString }) => {
    if (!plain && !hexString) return '--string or --hex-string is missing';
    return from && to && from.value > to.value ? `--from ${from.value} is beyond --to ${to.value}` : undefined;
  },
  matches: (given) => {
    const { from, to, string: plain, hexString, icase } = given;
    const wanted = plain ?? hexString;
    return notIf(
      wanted?.negated ?? false,
      ask('string', 'packet', print(given, false), {
        bytes: wanted?.value.bytes ?? [],
        from: from?.value ?? 0,
        to: to?.value ?? highest,
        icase: icase !== undefined,
      }),
    );
  },
  save: (given) => print(given, (given.string ?? given.hexString)?.negated ?? false),
  say: ({ from, to, string: plain, hexString, icase }, context) => {
    const wanted = plain ?? hexString;
    const where = from || to ? ` between bytes ${from?.value ?? 0} and ${to?.value ?? highest}` : '';
    const what = wanted ? plainPayload.say(wanted.value, { ...context, negated: false }) : '';
    return [phrase('condition', `${wanted?.negated ? 'not ' : ''}holding ${what}${icase ? ' in any case' : ''}${where}`)];
  },
  examples: [
    { rule: '-m string --algo bm --string "GET /admin"', saved: '-m string --string "GET /admin" --algo bm', says: 'holding "GET /admin"' },
    {
      rule: '-m string --algo kmp ! --hex-string "|ff 00|" --from 40',
      saved: '-m string ! --hex-string "|ff00|" --algo kmp --from 40',
      says: 'not holding the bytes ff00',
    },
    {
      rule: '-m string --algo bm --hex-string "|68 69|" --icase',
      saved: '-m string --string "hi" --algo bm --icase',
      says: 'holding "hi" in any case',
    },
    { rule: '-m string --algo bm --hex-string "|f|"', refused: 'hexadecimal' },
    { rule: '-m string --algo bm --string x --from 9 --to 3', refused: 'beyond' },
    { rule: '-m string --algo fsm --string x', refused: 'not a search algorithm' },
    { rule: '-m string --string x', refused: '--algo' },
    { rule: '-m string --algo bm', refused: 'missing' },
  ],
});
