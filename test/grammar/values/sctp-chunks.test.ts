/** Chunk types of SCTP. */
import { expect, test } from 'vitest';
import { sctpChunks } from '../../../grammar/values/sctp-chunks.js';
import { Fault } from '../../../grammar/values/value.js';

const context = { family: 4, negated: false } as const;
const read = (how: string, list: string) => {
  const value = sctpChunks.parse([how, list], context);
  return value instanceof Fault ? `refused: ${value.message}` : sctpChunks.print(value, context);
};

test.each([
  ['ALL', 'sack,DATA', 'all DATA,SACK'],
  ['any', 'INIT,DATA:EB,ABORT:t', 'any DATA:BE,INIT,ABORT:t'],
  ['only', 'DATA:I,DATA:b', 'only DATA:Ib'],
  ['all', 'DATA:I,DATA:i', 'all DATA:I'],
  ['all', 'I_DATA:IUBE', 'all I_DATA'],
  ['all', 'all', 'all ALL'],
  ['all', '', 'all NONE'],
  ['some', 'DATA', 'refused: "some" is none of all, any and only'],
  ['all', 'INIT:T', 'refused: "INIT:T" has a flag that the chunk type INIT does not have'],
  ['all', 'ALL,DATA', 'refused: "ALL" is not an SCTP chunk type'],
])('--chunk-types %s "%s": %s', (how, list, expected) => {
  expect(read(how, list)).toBe(expected);
});
