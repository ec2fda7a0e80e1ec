/** Networks given as values and as text: which holds which. */
import { Fault, type Network, parseAddress, prefixMask } from '../../grammar/index.js';

/** Whether a network holds an address given as text. */
export const networkHolds = ({ address, mask }: Network, text: string): boolean => {
  const isV6 = typeof address === 'bigint';
  const value = parseAddress(text, isV6 ? 6 : 4);
  if (value instanceof Fault) return false;
  if (typeof value === 'bigint') return isV6 && mask !== 0n && (value & (mask as bigint)) === (address & (mask as bigint));
  return !isV6 && mask !== 0 && (value & (mask as number)) >>> 0 === ((address as number) & (mask as number)) >>> 0;
};

const read = (text: string): { readonly network: Network; readonly length: number } | null => {
  const [address, length] = text.split('/');
  const family = text.includes(':') ? 6 : 4;
  const value = parseAddress(address!, family);
  if (value instanceof Fault || (length !== undefined && !/^\d+$/.test(length))) return null;
  const bits = length === undefined ? (family === 6 ? 128 : 32) : Number(length);
  if (bits > (family === 6 ? 128 : 32)) return null;
  return { network: { kind: 'network', address: value, mask: prefixMask(bits, family) }, length: bits };
};

/** Whether "192.0.2.7" or "192.0.2.0/25" lies within "192.0.2.0/24"; false where one of the texts is no network. */
export const isWithin = (inner: string, outer: string): boolean => {
  const small = read(inner);
  const large = read(outer);
  return small !== null && large !== null && small.length >= large.length && networkHolds(large.network, inner.split('/')[0]!);
};
