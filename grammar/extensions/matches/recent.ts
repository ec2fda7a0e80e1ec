/** `-m recent`: a list of addresses that rules fill, ask and empty. Lists are shared by name, so what one rule notes another sees. */
import { addressWidth, type Family } from '../../netfilter/families.js';
import { any, none as never, notIf } from '../../packet/predicate.js';
import { highestAddress } from '../../values/address.js';
import { hostMask } from '../../values/host-mask.js';
import { integer } from '../../values/integer.js';
import { cutText, text } from '../../values/text.js';
import { defineValue, Fault, none } from '../../values/value.js';
import { defineMatch, type MeaningContext, phrase, type Use } from '../define.js';
import { ask, join, spell } from '../spell.js';

/** The list's name is that of a file under /proc/net/xt_recent: its first 199 bytes, printed without quotes. */
const listName = defineValue<string>({
  ...text(199, 1),
  expects: 'a name that could be that of a file',
  parse: (words, context) => {
    const name = text(199, 1).parse([cutText(words[0]!, 199)], context);
    return name === '.' || name === '..' || (typeof name === 'string' && name.includes('/'))
      ? new Fault(`"${name}" cannot be the name of a list`)
      : name;
  },
  print: (name) => name,
  say: (name) => name,
});

/** A mask as an address of its own; a length is none. */
const addressMask = defineValue<string>({
  arity: 1,
  expects: 'a mask written as an address',
  parse: ({ 0: word }, context) => {
    if (word!.includes('/')) return new Fault(`"${word}" is not a mask`);
    const mask = hostMask.parse([word!], context);
    return mask instanceof Fault ? mask : hostMask.print(mask, context);
  },
  print: (mask) => mask,
  say: (mask) => mask,
});

const actions = ['set', 'rcheck', 'update', 'remove'] as const;
type Action = (typeof actions)[number];

interface Options {
  readonly set?: Use<true>;
  readonly rcheck?: Use<true>;
  readonly update?: Use<true>;
  readonly remove?: Use<true>;
  readonly seconds?: Use<number>;
  readonly hitcount?: Use<number>;
  readonly rttl?: Use<true>;
  readonly reap?: Use<true>;
  readonly name?: Use<string>;
  readonly mask?: Use<string>;
}

const actionIn = (given: Options): { readonly action: Action; readonly negated: boolean } | undefined => {
  const action = actions.find((name) => given[name]);
  return action && { action, negated: given[action]!.negated };
};

/** Of --rsource and --rdest the last counts. */
const sideIn = ({ order }: MeaningContext): 'rsource' | 'rdest' =>
  order.findLast(({ key }) => key === 'rsource' || key === 'rdest')?.key === 'rdest' ? 'rdest' : 'rsource';

const defaultName = 'DEFAULT';

/** The mask that looks at all of an address. */
const wholeMask = (family: Family): string =>
  hostMask.print({ kind: 'network', address: highestAddress(family), length: addressWidth(family) }, { family, negated: false });

const print = (given: Options, negated: boolean, context: MeaningContext): string => {
  const { seconds, hitcount, rttl, reap, name, mask } = given;
  return join(
    spell(`--${actionIn(given)?.action ?? 'rcheck'}`, negated),
    // A number of 32 bits printed as a signed one.
    seconds && `--seconds ${seconds.value | 0}`,
    reap && '--reap',
    hitcount && hitcount.value !== 0 && `--hitcount ${hitcount.value | 0}`,
    rttl && '--rttl',
    `--name ${name?.value ?? defaultName}`,
    `--mask ${mask?.value ?? wholeMask(context.family)}`,
    `--${sideIn(context)}`,
  );
};

const asks = ({ seconds, hitcount, rttl }: Options): string =>
  join(
    rttl && 'with the same TTL',
    hitcount && hitcount.value > 0 && `at least ${['once', 'twice'][hitcount.value - 1] ?? `${hitcount.value} times`}`,
    seconds && `within the last ${seconds.value === 1 ? 'second' : `${seconds.value} seconds`}`,
  );

export const recent = defineMatch({
  name: 'recent',
  manual: 'iptables-extensions(8) recent; net/netfilter/xt_recent.c',
  decidedBy: 'history',
  options: {
    set: { flag: '--set', value: none, negatable: true, excludes: ['rcheck', 'update', 'remove', 'rttl'] },
    rcheck: { flag: '--rcheck', value: none, negatable: true, excludes: ['set', 'update', 'remove'] },
    update: { flag: '--update', value: none, negatable: true, excludes: ['set', 'rcheck', 'remove'] },
    remove: { flag: '--remove', value: none, negatable: true, excludes: ['set', 'rcheck', 'update', 'rttl'] },
    seconds: { flag: '--seconds', value: integer(1, 0xffffffff) },
    reap: { flag: '--reap', value: none, needs: ['seconds'] },
    // The kernel remembers 65535 packets of an address at most; before Linux 6 or so it was told how many when the module was loaded.
    hitcount: { flag: '--hitcount', value: integer(0, 65535) },
    rttl: { flag: '--rttl', value: none, excludes: ['set', 'remove'] },
    name: { flag: '--name', value: listName },
    mask: { flag: '--mask', value: addressMask },
    rsource: { flag: '--rsource', value: none },
    rdest: { flag: '--rdest', value: none },
  },
  check: (given) => {
    const found = actionIn(given);
    if (!found) return '--set, --rcheck, --update or --remove is missing';
    const { action } = found;
    if ((action === 'set' || action === 'remove') && (given.seconds || (given.hitcount && given.hitcount.value !== 0)))
      return `--${action} goes with neither --seconds nor --hitcount`;
    return undefined;
  },
  // --set notes the address and matches whatever was there before.
  matches: (given, context) => {
    const found = actionIn(given);
    if (found?.action === 'set') return found.negated ? never : any;
    return notIf(
      found?.negated ?? false,
      ask('recent', 'history', print(given, false, context), { ...given, side: sideIn(context) }, [
        sideIn(context) === 'rdest' ? 'destination' : 'source',
        'ttl',
      ]),
    );
  },
  save: (given, context) => print(given, actionIn(given)?.negated ?? false, context),
  say: (given, context) => {
    const { action, negated } = actionIn(given) ?? { action: 'rcheck', negated: false };
    const mask = given.mask && given.mask.value !== wholeMask(context.family) ? ` (mask ${given.mask.value})` : '';
    const side = `${sideIn(context) === 'rdest' ? 'destination' : 'source'}${mask}`;
    const list = `list ${given.name?.value ?? defaultName}`;
    if (action === 'set') return [phrase('condition', `${negated ? 'never, but ' : ''}noting the ${side} in ${list}`)];
    if (action === 'remove')
      return [phrase('condition', `whose ${side} ${negated ? 'was not' : 'was'} in ${list}${negated ? '' : ', taking it out'}`)];
    const seen = join(`whose ${side} ${negated ? 'was not' : 'was'} seen in ${list}`, asks(given));
    // A source that is not listed is not noted; where the question is negated the listed one is that was not seen often or lately enough.
    const isNoted = action === 'update' && (!negated || given.seconds !== undefined || (given.hitcount?.value ?? 0) > 0);
    const deeds = [
      ...(isNoted ? [negated ? 'noting it again if it is listed' : 'noting it again'] : []),
      ...(given.reap ? ['dropping older entries'] : []),
    ];
    return [phrase('condition', [seen, ...deeds].join(', '))];
  },
  hasSideEffect: ({ rcheck, reap }) => !rcheck || reap !== undefined,
  examples: [
    {
      rule: '-m recent --set --name ssh',
      saved: '-m recent --set --name ssh --mask 255.255.255.255 --rsource',
      says: 'noting the source in list ssh',
    },
    {
      rule: '-m recent --update --hitcount 4 --seconds 60 --name ssh --rsource',
      saved: '-m recent --update --seconds 60 --hitcount 4 --name ssh --mask 255.255.255.255 --rsource',
      says: 'whose source was seen in list ssh at least 4 times within the last 60 seconds',
    },
    {
      rule: '-m recent ! --rcheck --rdest',
      saved: '-m recent ! --rcheck --name DEFAULT --mask 255.255.255.255 --rdest',
      says: 'whose destination was not seen in list DEFAULT',
    },
    {
      rule: '-m recent --remove',
      saved: '-m recent --remove --name DEFAULT --mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource',
      family: 6,
    },
    { rule: '-m recent --set --rcheck', refused: 'cannot stand together' },
    { rule: '-m recent --set --seconds 60', refused: '--seconds' },
    { rule: '-m recent --rcheck --reap', refused: '--seconds' },
    { rule: '-m recent', refused: 'missing' },
  ],
});
