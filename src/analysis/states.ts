/** Which states connection tracking gives to packets, as far as their own headers tell: a TCP reset is no new connection. */
import { type ConnectionState, connectionStates, icmpMayBe, tcpMayBe } from '../../grammar/index.js';
import { type Cube, setOf } from '../packets/cube.js';
import type { Space } from '../packets/space.js';

const states: readonly ConnectionState[] = connectionStates;

/** Whether connection tracking may give a packet of the cube a state of the cube, as far as TCP flags and ICMP types tell. */
export const mayBe = (space: Space, cube: Cube): boolean => {
  const state = space.dimension('connectionState');
  const wanted = state && setOf(cube, state.index);
  if (!wanted) return true;
  const protocol = space.dimension('protocol');
  const asked = protocol && setOf(cube, protocol.index);
  if (wanted.has(states.indexOf('INVALID')) || wanted.has(states.indexOf('UNTRACKED')) || asked?.count !== 1) return true;
  const among = states.filter((_, i) => wanted.has(i));
  const code = space.code('protocol');
  const number = code?.kind === 'ranges' ? code.starts[asked.ranges[0]!] : undefined;
  if (number === 6 && code?.kind === 'ranges' && code.index.has(7)) {
    const flags = space.code('tcpFlags');
    return flags === undefined || allFlags.some((value) => holdsValue(flags, cube, value) && among.some((one) => tcpMayBe(value, one)));
  }
  // Behind "no next header" there is nothing to track: such packets are INVALID (ipv6_skip_exthdr; measured).
  if (space.family === 6 && number === 59 && code?.kind === 'ranges' && code.index.has(60)) return false;
  const icmp = space.code('icmp');
  const isIcmp = number === (space.family === 4 ? 1 : 58) && code?.kind === 'ranges' && code.index.has(space.family === 4 ? 2 : 59);
  const types = icmp?.kind === 'ranges' && isIcmp ? setOf(cube, icmp.dimension.index) : undefined;
  if (icmp?.kind !== 'ranges' || !types) return true;
  for (let i = 0; i < types.ranges.length; i += 2) {
    const end = icmp.starts[types.ranges[i + 1]! + 1] ?? 65536;
    for (let type = Number(icmp.starts[types.ranges[i]!]) >> 8; type * 256 < end; type++)
      if (among.some((one) => icmpMayBe(space.family, type, one))) return true;
  }
  return false;
};

const allFlags: readonly number[] = Array.from({ length: 256 }, (_, i) => i);

/** Whether a cube allows a value of a number field. */
const holdsValue = (code: NonNullable<ReturnType<Space['code']>>, cube: Cube, value: number): boolean => {
  if (code.kind === 'names') return true;
  if (code.kind === 'ranges') {
    const set = setOf(cube, code.dimension.index);
    return !set || set.has(code.starts.findLastIndex((start) => start <= value));
  }
  return code.groups.every(({ dimension, mask, index }) => {
    const set = setOf(cube, dimension.index);
    return !set || set.has(index.get(BigInt(value) & mask) ?? dimension.size - 1);
  });
};
