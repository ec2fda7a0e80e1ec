/** `--chunk-types all|any|only list`: chunk types of SCTP, some with flags (libxt_sctp.c; numbers of RFC 9260 and its extensions). */
import { sayAlternatives, sayTogether } from './names.js';
import { defineValue, Fault } from './value.js';

/** Chunk types in the order of their numbers, with the letters of their flags, highest bit first. */
const chunkTypes: readonly (readonly [name: string, number: number, flags: string])[] = [
  ['DATA', 0, 'IUBE'],
  ['INIT', 1, ''],
  ['INIT_ACK', 2, ''],
  ['SACK', 3, ''],
  ['HEARTBEAT', 4, ''],
  ['HEARTBEAT_ACK', 5, ''],
  ['ABORT', 6, 'T'],
  ['SHUTDOWN', 7, ''],
  ['SHUTDOWN_ACK', 8, ''],
  ['ERROR', 9, ''],
  ['COOKIE_ECHO', 10, ''],
  ['COOKIE_ACK', 11, ''],
  ['ECN_ECNE', 12, ''],
  ['ECN_CWR', 13, ''],
  ['SHUTDOWN_COMPLETE', 14, 'T'],
  // Its flags are read and then lost by 1.8.9.
  ['I_DATA', 64, 'IUBE'],
  ['ASCONF_ACK', 128, ''],
  ['RE_CONFIG', 130, ''],
  ['PAD', 132, ''],
  ['ASCONF', 193, ''],
  ['FORWARD_TSN', 192, ''],
  ['I_FORWARD_TSN', 194, ''],
];

/** One chunk type; of its flags those named in capitals must be set, those in small letters must not. */
export interface SctpChunk {
  readonly name: string;
  readonly number: number;
  readonly flags: string;
}

export interface SctpChunks {
  readonly how: 'all' | 'any' | 'only';
  /** In the order of their numbers. */
  readonly chunks: readonly SctpChunk[] | 'ALL' | 'NONE';
}

const printList = (chunks: SctpChunks['chunks']): string =>
  typeof chunks === 'string' ? chunks : chunks.map(({ name, flags }) => (flags === '' ? name : `${name}:${flags}`)).join(',');

/** Letters given to a type, put into the order of its flags; of both forms of a letter the capital counts. */
const mergeFlags = (known: string, before: string, given: string): string | undefined => {
  const letters = before + given;
  if ([...letters].some((letter) => !known.includes(letter.toUpperCase()))) return undefined;
  return [...known]
    .map((flag) => (letters.includes(flag) ? flag : letters.includes(flag.toLowerCase()) ? flag.toLowerCase() : ''))
    .join('');
};

export const sctpChunks = defineValue<SctpChunks>({
  arity: 2,
  expects: 'all, any or only, then chunk types separated by commas',
  parse: ([how, list]) => {
    const wanted = how!.toLowerCase();
    if (wanted !== 'all' && wanted !== 'any' && wanted !== 'only') return new Fault(`"${how}" is none of all, any and only`);
    const found = new Map<number, SctpChunk>();
    // Only alone: in a list they are no chunk types.
    const lone = list!.toUpperCase();
    if (lone === 'ALL' || lone === 'NONE') return { how: wanted, chunks: lone };
    for (const part of list!.split(',')) {
      if (part === '') continue;
      const colon = part.indexOf(':');
      const name = (colon < 0 ? part : part.slice(0, colon)).toUpperCase();
      const type = chunkTypes.find(([known]) => known === name);
      if (!type) return new Fault(`"${part}" is not an SCTP chunk type`);
      const flags = mergeFlags(type[2], found.get(type[1])?.flags ?? '', colon < 0 ? '' : part.slice(colon + 1));
      if (flags === undefined) return new Fault(`"${part}" has a flag that the chunk type ${name} does not have`);
      found.set(type[1], { name, number: type[1], flags: name === 'I_DATA' ? '' : flags });
    }
    return { how: wanted, chunks: found.size > 0 ? [...found.values()].sort((a, b) => a.number - b.number) : 'NONE' };
  },
  print: ({ how, chunks }) => `${how} ${printList(chunks)}`,
  say: ({ how, chunks }) => {
    const names = printList(chunks).split(',');
    if (chunks === 'NONE') return how === 'only' ? 'no chunk' : `${how} of no chunks`;
    if (chunks === 'ALL') return { all: 'chunks of every type', any: 'any chunk', only: 'chunks of every type and no other' }[how];
    if (how === 'only') return `only ${sayTogether(names)} chunks`;
    if (names.length === 1) return `a chunk ${names[0]}`;
    return how === 'all' ? `the chunks ${sayTogether(names)}` : `a chunk ${sayAlternatives(names)}`;
  },
});
