/** `-m socket`: whether this host has an open socket for a TCP or UDP packet that comes in. */
import { none } from '../../values/value.js';
import { defineMatch, phrase } from '../define.js';
import { ask, join } from '../spell.js';

export const socket = defineMatch({
  name: 'socket',
  manual: 'iptables-extensions(8) socket; net/netfilter/xt_socket.c',
  decidedBy: 'surroundings',
  place: { hooks: ['PREROUTING', 'INPUT'] },
  options: {
    transparent: { flag: '--transparent', value: none },
    noWildcard: { flag: '--nowildcard', value: none },
    restoreMark: { flag: '--restore-skmark', value: none },
  },
  matches: ({ transparent, noWildcard }) =>
    ask(
      'socket',
      'surroundings',
      join(transparent && '--transparent', noWildcard && '--nowildcard'),
      { transparent: transparent !== undefined, noWildcard: noWildcard !== undefined },
      ['protocol', 'source', 'destination', 'sourcePort', 'destinationPort', 'inInterface'],
    ),
  say: ({ transparent, noWildcard, restoreMark }) => [
    phrase(
      'condition',
      `for which this host has an open${transparent ? ' transparent' : ''} socket (one listening on any address ${noWildcard ? 'counts' : 'does not count'})${restoreMark ? ", taking over the socket's mark" : ''}`,
    ),
  ],
  rewrites: ({ restoreMark }) => (restoreMark ? [{ kind: 'unknown', field: 'mark' }] : []),
  hasSideEffect: ({ restoreMark }) => restoreMark !== undefined,
  examples: [
    { rule: '-m socket', says: 'for which this host has an open socket' },
    {
      rule: '-m socket --restore-skmark --transparent',
      saved: '-m socket --transparent --restore-skmark',
      says: 'an open transparent socket',
    },
    { rule: '-m socket ! --transparent', refused: '"!"' },
  ],
});
