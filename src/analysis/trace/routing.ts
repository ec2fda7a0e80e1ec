/**
 * Where the host sends a packet, as far as its addresses and routes tell: to itself, out of an interface, nowhere. Follows the local and main
 * tables (net/ipv4/fib_frontend.c, route.c; net/ipv6/addrconf.c); routing rules are not known to it.
 */
import { type Family, prefixMask } from '../../../grammar/index.js';
import { type HostInterface, inNetwork, type Route } from '../../model/host.js';

/** What is told of the host. */
export interface Host {
  readonly interfaces: readonly HostInterface[];
  /** Null: not told; the networks of its addresses are still known. */
  readonly routes: readonly Route[] | null;
}

export type Direction =
  /** For the host itself; `broadcast`, `multicast` included. */
  | { readonly kind: 'local'; readonly device: string | null; readonly type: 'local' | 'broadcast' | 'multicast' | 'anycast' }
  | { readonly kind: 'forward'; readonly device: string | null; readonly realm: number | null }
  /** No route, or one that leads nowhere; `answers`: an ICMP error tells the sender. */
  | { readonly kind: 'nowhere'; readonly why: string; readonly answers: boolean }
  | { readonly kind: 'unknown'; readonly why: string };

const multicast4 = 0xe0000000;
const allHosts4 = 0xe0000001;
const limitedBroadcast = 0xffffffff;
const loopback4 = 0x7f000000;

export const isMulticast = (address: number | bigint): boolean =>
  typeof address === 'number' ? inNetwork(address, multicast4, 4) : address >> 120n === 0xffn;

export const isLoopback = (address: number | bigint): boolean =>
  typeof address === 'number' ? inNetwork(address, loopback4, 8) : address === 1n;

export const isLinkLocal6 = (address: number | bigint): boolean => typeof address === 'bigint' && address >> 118n === 0x3fan;

/** The broadcast address of a network. */
const broadcastOf = (address: number, prefix: number): number => (address | ~(prefixMask(prefix, 4) as number)) >>> 0;

const networkOf = (address: number | bigint, prefix: number): number | bigint =>
  typeof address === 'bigint' ? address & (prefixMask(prefix, 6) as bigint) : (address & (prefixMask(prefix, 4) as number)) >>> 0;

/** Answers questions about addresses and ways from what is told of a host. */
export class Routing {
  private readonly local = new Map<number | bigint, { readonly device: string; readonly type: 'local' | 'broadcast' | 'anycast' }>();
  private readonly routes: Route[] = [];
  private readonly knowsRoutes: boolean;
  readonly host: Host;

  constructor(host: Host) {
    this.host = host;
    this.knowsRoutes = host.routes !== null;
    for (const { name, addresses } of host.interfaces) {
      for (const { address, prefix, peer } of addresses) {
        if (typeof address === 'number') {
          const far = (peer ?? address) as number;
          if (prefix < 31 && peer === null) this.addLocal(broadcastOf(address, prefix), name, 'broadcast');
          this.addConnected(4, far, prefix, name);
        } else {
          const network = networkOf(address, prefix);
          if (prefix < 127 && name !== 'lo') this.addLocal(network, name, 'anycast');
          this.addConnected(6, network, prefix, name);
        }
        this.addLocal(address, name, 'local');
      }
    }
    this.routes.push(...(host.routes ?? []));
  }

  private addLocal(address: number | bigint, device: string, type: 'local' | 'broadcast' | 'anycast'): void {
    if (type === 'local' || !this.local.has(address)) this.local.set(address, { device, type });
  }

  private addConnected(family: Family, address: number | bigint, prefix: number, device: string): void {
    if (device === 'lo') return;
    this.routes.push({
      family,
      type: 'unicast',
      address: networkOf(address, prefix),
      prefix,
      device,
      metric: 0,
      realm: null,
      preferredSource: null,
    });
  }

  /** The longest route that holds an address; null: none. */
  route(address: number | bigint): Route | null {
    const family: Family = typeof address === 'number' ? 4 : 6;
    let best: Route | null = null;
    for (const route of this.routes) {
      if (route.family !== null && route.family !== family) continue;
      const network = route.family === null && family === 6 ? 0n : route.address;
      if (!inNetwork(address, network, route.prefix)) continue;
      if (!best || route.prefix > best.prefix || (route.prefix === best.prefix && route.metric < best.metric)) best = route;
    }
    return best;
  }

  /** Type of an address in the local table: what IPv4's addrtype tells. */
  localType(address: number | bigint): {
    readonly type: 'local' | 'broadcast' | 'multicast' | 'anycast' | 'unicast';
    readonly device: string | null;
  } {
    if (isMulticast(address)) return { type: 'multicast', device: null };
    if (typeof address === 'number' && (address === limitedBroadcast || inNetwork(address, 0, 8)))
      return { type: 'broadcast', device: null };
    const found = this.local.get(address);
    if (found) return found;
    if (isLoopback(address)) return { type: 'local', device: 'lo' };
    return { type: 'unicast', device: null };
  }

  /** Where a packet to an address goes that has arrived on an interface, or that the host itself sends. */
  direct(address: number | bigint, arrivesOn: string | null): Direction {
    const { type, device } = this.localType(address);
    if (type === 'multicast') return arrivesOn === null ? this.out(address) : this.joined(address, arrivesOn);
    if (typeof address === 'number' && inNetwork(address, 0, 8))
      return { kind: 'nowhere', why: 'no packet is routed to 0.0.0.0/8', answers: false };
    if (type === 'broadcast' && arrivesOn === null) return this.out(address);
    if (type !== 'unicast') return { kind: 'local', device, type };
    return this.out(address);
  }

  private joined(address: number | bigint, arrivesOn: string): Direction {
    const joined: Direction = { kind: 'local', device: arrivesOn, type: 'multicast' };
    if (address === allHosts4) return joined;
    if (typeof address === 'bigint') {
      const group = address & ((1n << 112n) - 1n);
      const scope = Number((address >> 112n) & 15n);
      if ((scope === 1 || scope === 2) && group === 1n) return joined; // all nodes
      const solicited = address >> 24n === 0xff0200000000000000000001ffn;
      if (solicited) {
        const own = this.host.interfaces.filter(({ name }) => name === arrivesOn).flatMap(({ addresses }) => addresses);
        if (own.some((one) => typeof one.address === 'bigint' && (one.address & 0xffffffn) === (address & 0xffffffn))) return joined;
      }
    }
    return { kind: 'unknown', why: 'whether the host has joined that multicast group is not known' };
  }

  private out(address: number | bigint): Direction {
    const route = this.route(address);
    if (!route) {
      if (!this.knowsRoutes) return { kind: 'unknown', why: 'the routes are not known (give them: --routes FILE)' };
      return { kind: 'nowhere', why: 'no route leads there', answers: true };
    }
    if (route.type === 'blackhole') return { kind: 'nowhere', why: 'its route is a blackhole', answers: false };
    if (route.type === 'unreachable' || route.type === 'prohibit')
      return { kind: 'nowhere', why: `its route is of type ${route.type}`, answers: true };
    return { kind: 'forward', device: route.device, realm: route.realm };
  }

  /** The address that the host itself takes on an interface for packets to a destination; null: it has none of that family there. */
  addressOf(device: string, towards: number | bigint): number | bigint | null {
    const family: Family = typeof towards === 'number' ? 4 : 6;
    const route = this.route(towards);
    if (route?.device === device && route.preferredSource !== null && typeof route.preferredSource === typeof towards)
      return route.preferredSource;
    const own = this.host.interfaces.find(({ name }) => name === device)?.addresses.filter((one) => one.family === family) ?? [];
    const near = own.find((one) => inNetwork(towards, one.address, one.prefix));
    const found = near ?? own.find((one) => !isLinkLocal6(one.address)) ?? own[0];
    return found ? found.address : null;
  }

  /** The first address of an interface: what REDIRECT sends packets to. */
  firstAddress(device: string, family: Family): number | bigint | null {
    const own = this.host.interfaces.find(({ name }) => name === device)?.addresses.filter((one) => one.family === family) ?? [];
    return own[0]?.address ?? null;
  }

  /** The group of an interface; undefined: not told. */
  groupOf(device: string): number | undefined {
    return this.host.interfaces.find(({ name }) => name === device)?.group ?? undefined;
  }

  /** MTU of an interface; undefined: not told. */
  mtuOf(device: string): number | undefined {
    return this.host.interfaces.find(({ name }) => name === device)?.mtu ?? undefined;
  }

  /** Whether an address is one of the host's own. */
  isOwn(address: number | bigint): boolean {
    return this.localType(address).type === 'local';
  }
}
