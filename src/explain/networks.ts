/** Whether a network holds an address given as text. */
import { Fault, type Network, parseAddress } from '../../grammar/index.js';

export const networkHolds = ({ address, mask }: Network, text: string): boolean => {
  const isV6 = typeof address === 'bigint';
  const value = parseAddress(text, isV6 ? 6 : 4);
  if (value instanceof Fault) return false;
  if (typeof value === 'bigint') return isV6 && mask !== 0n && (value & (mask as bigint)) === (address & (mask as bigint));
  return !isV6 && mask !== 0 && (value & (mask as number)) >>> 0 === ((address as number) & (mask as number)) >>> 0;
};
