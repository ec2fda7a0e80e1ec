/** `-m owner`: whose socket a packet of this host comes from. */
import { all, any, inRange, none as never, not, notIf, type Predicate, some } from '../../packet/predicate.js';
import { type OwnerIds, ownerIds } from '../../values/owner-ids.js';
import { none } from '../../values/value.js';
import { defineMatch, type MeaningContext, type Phrase, phrase, type Use } from '../define.js';
import { ask } from '../spell.js';

/** What the kernel itself sends (answers to pings, RST, forwarded packets in POSTROUTING) has no socket. */
const hasSocket = ask('owner', 'surroundings', '--socket-exists');
/** A socket of the kernel's, or one whose process has gone, has no file that would tell an owner. */
const hasOwner = ask('owner', 'surroundings', '', { has: 'owner' });

const isOf = (field: 'uid' | 'gid', ids: OwnerIds): Predicate =>
  ids.kind === 'range'
    ? inRange(field, ids.first, ids.last)
    : ask('owner', 'surroundings', `--${field}-owner ${ids.name}`, { name: ids.name }, [field]);

/** A use that is absent or negated lets a packet without the property through. */
const passes = (use: Use | undefined): boolean => !use || use.negated;

const sayIds = (what: string, use: Use<OwnerIds> | undefined, context: MeaningContext): readonly Phrase[] => {
  if (!use) return [];
  const ids = use.value;
  return [
    phrase(
      'from',
      `from ${use.negated ? 'anyone but ' : ''}${what}${ids.kind === 'range' && ids.first !== ids.last ? 's' : ''} ${ownerIds.say(ids, { ...context, negated: false })}`,
    ),
  ];
};

export const owner = defineMatch({
  name: 'owner',
  manual: 'iptables-extensions(8) owner; net/netfilter/xt_owner.c',
  decidedBy: 'surroundings',
  place: { hooks: ['OUTPUT', 'POSTROUTING'] },
  options: {
    socket: { flag: '--socket-exists', value: none, negatable: true },
    uid: { flag: '--uid-owner', value: ownerIds, negatable: true },
    gid: { flag: '--gid-owner', value: ownerIds, negatable: true },
    supplementary: { flag: '--suppl-groups', value: none, needs: ['gid'] },
  },
  check: ({ socket, uid, gid }) => (socket || uid || gid ? undefined : '--uid-owner, --gid-owner or --socket-exists is missing'),
  // As owner_mt does: without a socket, or without a file behind it, a rule matches just where all that it asks is negated.
  matches: ({ socket, uid, gid, supplementary }) => {
    const group = gid && isOf('gid', gid.value);
    const inGroup =
      group &&
      (supplementary
        ? some(
            group,
            ask('owner', 'surroundings', `--gid-owner ${ownerIds.print(gid.value, { family: 4, negated: false })} --suppl-groups`, {
              ids: gid.value,
            }),
          )
        : group);
    const withoutSocket = passes(socket) && passes(uid) && passes(gid) && !supplementary ? any : never;
    const withoutOwner = passes(uid) && passes(gid) ? any : never;
    return some(
      all(not(hasSocket), withoutSocket),
      all(
        hasSocket,
        socket?.negated ? never : any,
        some(
          all(not(hasOwner), withoutOwner),
          all(hasOwner, uid && notIf(uid.negated, isOf('uid', uid.value)), gid && inGroup && notIf(gid.negated, inGroup)),
        ),
      ),
    );
  },
  say: ({ socket, uid, gid, supplementary }, context) => [
    ...(socket ? [phrase('condition', socket.negated ? 'belonging to no socket of this host' : 'belonging to a socket of this host')] : []),
    ...sayIds('user', uid, context),
    ...sayIds(supplementary ? 'members of group' : 'group', gid, context),
  ],
  examples: [
    { rule: '-m owner --uid-owner root', saved: '-m owner --uid-owner 0', chain: 'OUTPUT', says: 'from user 0 (root)' },
    { rule: '-m owner ! --gid-owner 100-200 --suppl-groups', chain: 'OUTPUT', says: 'from anyone but members of groups 100 to 200' },
    {
      rule: '-m owner --uid-owner 33 --socket-exists',
      saved: '-m owner --socket-exists --uid-owner 33',
      chain: 'OUTPUT',
      says: 'belonging to a socket of this host',
    },
    { rule: '-m owner --uid-owner 2000-1000', chain: 'OUTPUT', refused: 'upside down' },
    { rule: '-m owner --suppl-groups', chain: 'OUTPUT', refused: '--gid-owner' },
    { rule: '-m owner', chain: 'OUTPUT', refused: 'missing' },
  ],
});
