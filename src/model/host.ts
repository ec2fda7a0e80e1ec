/**
 * Reads what a host tells of itself in JSON: `ip -j addr` and `ip -j route` (ip-address(8), ip-route(8)). Decides which addresses are
 * local, which way a packet is routed, and what type an address is.
 */
import { type Family, Fault, parseAddress, prefixMask } from '../../grammar/index.js';
import { readMac } from './ipset.js';

export interface InterfaceAddress {
  readonly family: Family;
  readonly address: number | bigint;
  readonly prefix: number;
  /** As told; else null. */
  readonly broadcast: number | null;
  /** The other end of a point-to-point link; else null. */
  readonly peer: number | bigint | null;
}

export interface HostInterface {
  readonly name: string;
  readonly mac: number | null;
  /** `ether`, `none` (a tunnel without hardware addresses), `loopback` ...; null: not told. */
  readonly linkType: string | null;
  readonly mtu: number | null;
  /** Number of its group (`default` is 0); null where it has another name, or none is told. */
  readonly group: number | null;
  readonly addresses: readonly InterfaceAddress[];
}

/** RTN_* of uapi/linux/rtnetlink.h: the names of route types that iproute2 prints, by number. */
export const routeTypes = [
  'unspec',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'nat',
  'xresolve',
] as const;

export type RouteType = (typeof routeTypes)[number];

export interface Route {
  /** Null: told of a default route without gateway, which may be of either family. */
  readonly family: Family | null;
  readonly type: RouteType;
  readonly address: number | bigint;
  readonly prefix: number;
  /** Null for routes that lead nowhere (blackhole ...). */
  readonly device: string | null;
  readonly metric: number;
  readonly realm: number | null;
  readonly preferredSource: number | bigint | null;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const readArray = (json: string): readonly Readonly<Record<string, unknown>>[] | Fault => {
  try {
    const value: unknown = JSON.parse(json === '' ? '[]' : json);
    if (!Array.isArray(value)) return new Fault('a JSON list was expected');
    return value.filter(isRecord);
  } catch (error) {
    return new Fault(`not JSON: ${(error as Error).message}`);
  }
};

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const address = (value: unknown, family: Family): number | bigint | null => {
  const read = typeof value === 'string' ? parseAddress(value, family) : new Fault('');
  return read instanceof Fault ? null : read;
};

/** Interfaces with their addresses from `ip -j addr` (or `ip -j address show`). */
export const readAddresses = (json: string): readonly HostInterface[] | Fault => {
  const links = readArray(json);
  if (links instanceof Fault) return links;
  const found: HostInterface[] = [];
  for (const link of links) {
    const name = text(link.ifname);
    if (name === undefined) continue;
    const addresses: InterfaceAddress[] = [];
    for (const info of Array.isArray(link.addr_info) ? link.addr_info.filter(isRecord) : []) {
      const family: Family = info.family === 'inet6' || String(info.local).includes(':') ? 6 : 4;
      const local = address(info.local, family);
      if (local === null) return new Fault(`"${String(info.local)}" of ${name} is not an address`);
      const broadcast = family === 4 ? (address(info.broadcast, 4) as number | null) : null;
      addresses.push({
        family,
        address: local,
        prefix: number(info.prefixlen) ?? (family === 4 ? 32 : 128),
        broadcast,
        peer: address(info.address, family),
      });
    }
    const group = text(link.group);
    found.push({
      name,
      mac: readMac(text(link.address) ?? '') ?? null,
      linkType: text(link.link_type) ?? null,
      mtu: number(link.mtu) ?? null,
      group: group === 'default' ? 0 : group === undefined ? null : /^\d+$/.test(group) ? Number(group) : null,
      addresses,
    });
  }
  return found;
};

/** Routes from `ip -j route`, `ip -j -6 route`, or both lists one after the other in one text. */
export const readRoutes = (json: string): readonly Route[] | Fault => {
  const parts = json.trim().split(/\]\s*\[(?=\s*[{\]])/);
  const found: Route[] = [];
  for (const [i, part] of parts.entries()) {
    const routes = readArray((i > 0 ? '[' : '') + part + (i < parts.length - 1 ? ']' : ''));
    if (routes instanceof Fault) return routes;
    for (const route of routes) {
      const destination = text(route.dst) ?? 'default';
      const gateway = text(route.gateway) ?? (isRecord(route.via) ? text(route.via.host) : undefined);
      const [word, length] = destination.split('/');
      const isDefault = destination === 'default' || destination === 'all';
      const hint = isDefault ? (gateway ?? text(route.prefsrc) ?? '') : word!;
      const family: Family | null = hint.includes(':') ? 6 : hint.includes('.') ? 4 : null;
      const value = isDefault ? 0 : parseAddress(word!, family ?? 4);
      if (value instanceof Fault) return new Fault(`"${destination}" is not a destination: ${value.message}`);
      const type = text(route.type) as RouteType | undefined;
      const nexthops = Array.isArray(route.nexthops) ? route.nexthops.filter(isRecord) : [];
      const device = text(route.dev) ?? text(nexthops[0]?.dev) ?? null;
      const realms = text(route.realms)?.split('/').at(-1);
      found.push({
        family,
        type: type !== undefined && routeTypes.includes(type) ? type : 'unicast',
        address: family === 6 && isDefault ? 0n : value,
        prefix: isDefault ? 0 : length === undefined ? (family === 6 ? 128 : 32) : Number(length),
        device,
        metric: number(route.metric) ?? 0,
        realm: number(route.realm) ?? (realms !== undefined && /^\d+$/.test(realms) ? Number(realms) : null),
        preferredSource: family === null ? null : address(route.prefsrc, family),
      });
    }
  }
  return found;
};

/** Whether an address lies in a network. */
export const inNetwork = (value: number | bigint, network: number | bigint, prefix: number): boolean => {
  if (typeof value === 'bigint') return typeof network === 'bigint' && ((value ^ network) & (prefixMask(prefix, 6) as bigint)) === 0n;
  return typeof network === 'number' && ((value ^ network) & (prefixMask(prefix, 4) as number)) === 0;
};

/** A network that the host reaches by a device. */
export interface HostRoute {
  readonly address: number | bigint;
  readonly prefix: number;
  readonly device: string;
  /** Where it is told: `ip -j route` or `ip -j addr`. */
  readonly from: 'routes' | 'addresses';
}

/** What `ip -j route` and `ip -j addr` tell of networks and the devices that lead there; defaults, single addresses and what cannot be read are left out. */
export const hostRoutes = (routes: string | undefined, addresses: string | undefined): readonly HostRoute[] => {
  const read = routes === undefined ? [] : readRoutes(routes);
  const links = addresses === undefined ? [] : readAddresses(addresses);
  const told = (read instanceof Fault ? [] : read).flatMap(({ type, address, prefix, device }): HostRoute[] =>
    type === 'unicast' && device !== null ? [{ address, prefix, device, from: 'routes' }] : [],
  );
  const own = (links instanceof Fault ? [] : links).flatMap(({ name, addresses: list }) =>
    list.map(
      ({ family, address, prefix }): HostRoute => ({
        address:
          typeof address === 'bigint'
            ? address & (prefixMask(prefix, family) as bigint)
            : (address & (prefixMask(prefix, family) as number)) >>> 0,
        prefix,
        device: name,
        from: 'addresses',
      }),
    ),
  );
  const seen = new Set<string>();
  return [...told, ...own].filter(({ address, prefix, device }) => {
    const key = `${typeof address} ${address}/${prefix} ${device}`;
    if (prefix === 0 || prefix === (typeof address === 'bigint' ? 128 : 32) || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
};
