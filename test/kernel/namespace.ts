/**
 * A network namespace with tap devices that Node writes frames to and reads them from, through one socat process per device and one shell
 * for commands. Nothing outside the namespace is touched.
 *
 * How it is known that the kernel is done with a packet: a frame written to a tap device runs through the whole stack (netif_receive_skb,
 * drivers/net/tun.c) before the device's rx_packets rises, so reading /proc/<pid>/net/dev is a fence. What the kernel sends out is fenced
 * by a frame of our own sent behind it.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Interface {
  readonly name: string;
  /** `10.1.0.1/24`, `2001:db8:1::1/64`. */
  readonly addresses?: readonly string[];
  /** Networks reached through it. */
  readonly routes?: readonly string[];
  readonly mac?: string;
  readonly mtu?: number;
}

export interface NamespaceOptions {
  readonly interfaces: readonly Interface[];
  /** Interface of the default routes. */
  readonly defaultRoute?: string;
  /** More `ip` commands, without the word `ip`. */
  readonly ipCommands?: readonly string[];
  readonly sysctl?: Readonly<Record<string, string | number>>;
  /** What the host itself answers (RST, ICMP) is dropped before any iptables chain sees it; default true. */
  readonly suppressReplies?: boolean;
}

/**
 * Every write to a FIFO of at most PIPE_BUF bytes is atomic, so frames of one fixed size, and socat reading blocks of that size, keep their
 * borders. The padding is cut off by the kernel (the IP header tells the length).
 */
const frameSize = 2048;

const fenceType = [0x88, 0xb5]; // IEEE 802 local experimental ethertype: no protocol listens

interface Tap {
  readonly name: string;
  readonly socat: ChildProcess;
  readonly fence: ChildProcess;
  readonly input: FileHandle;
  /** Frames written so far. */
  written: number;
  /** Bytes read and not yet cut into frames. */
  pending: Buffer;
  frames: Buffer[];
  onFence: (() => void) | null;
}

const commandFailed = (command: string, output: string): Error => new Error(`${command}\n${output.trim()}`);

/** Holds a name that only one process at a time can have: kernel tests wait for each other across vitest's workers. */
const takeTurn = async (): Promise<() => void> => {
  for (;;) {
    const server = createServer();
    const taken = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen('\0iptlint-kernel-tests', () => resolve(true)); // abstract socket: gone when the process ends, however it ends
    });
    if (taken) {
      server.unref();
      return () => server.close();
    }
    await sleep(25);
  }
};

let serial = 0;

export class Namespace {
  readonly name = `iptlint-${process.pid}-${serial++}`;
  private readonly folder = mkdtempSync(join(tmpdir(), 'iptlint-kernel-'));
  private readonly taps = new Map<string, Tap>();
  private readonly children: ChildProcess[] = [];
  private shellOutput = '';
  private onShellOutput: (() => void) | null = null;
  private shell: ChildProcess | null = null;
  private commands = 0;
  private endTurn: (() => void) | null = null;

  static async open(options: NamespaceOptions): Promise<Namespace> {
    const namespace = new Namespace();
    try {
      namespace.endTurn = await takeTurn();
      await namespace.start(options);
    } catch (error) {
      await namespace.close();
      throw error;
    }
    return namespace;
  }

  private inside(words: readonly string[], stdin: 'pipe' | number): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.name, ...words], {
      stdio: [stdin, 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C', XTABLES_LOCKFILE: join(this.folder, 'xtables.lock') },
    });
    child.on('error', () => {});
    child.stdin?.on('error', () => {});
    this.children.push(child);
    return child;
  }

  private async start(options: NamespaceOptions): Promise<void> {
    execFileSync('ip', ['netns', 'add', this.name], { stdio: 'pipe' });
    this.shell = this.inside(['sh'], 'pipe');
    this.shell.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.shellOutput += text;
      this.onShellOutput?.();
    });
    this.shell.on('exit', () => this.onShellOutput?.());

    const settings: Record<string, string | number> = {
      'net.ipv6.conf.default.accept_dad': 0,
      'net.ipv6.conf.default.accept_ra': 0,
      'net.ipv6.conf.default.router_solicitations': 0,
      'net.ipv6.conf.default.addr_gen_mode': 1,
      'net.ipv4.conf.all.rp_filter': 0,
      'net.ipv4.conf.default.rp_filter': 0,
      'net.ipv4.conf.all.send_redirects': 0,
      'net.ipv4.conf.default.send_redirects': 0,
      'net.ipv4.icmp_ratelimit': 0,
      'net.ipv4.icmp_msgs_per_sec': 1000000,
      'net.ipv4.icmp_msgs_burst': 100000,
      'net.ipv6.icmp.ratelimit': 0,
      'net.netfilter.nf_conntrack_tcp_loose': 1,
      ...options.sysctl,
      'net.ipv4.ip_forward': 1,
      'net.ipv6.conf.all.forwarding': 1,
    };
    const write = Object.entries(settings).map(([key, value]) => `echo ${value} 2>/dev/null > /proc/sys/${key.replaceAll('.', '/')}`);
    await this.run(`${write.join('; ')}; true`);

    for (const { name } of options.interfaces) this.taps.set(name, await this.openTap(name));
    const batch: string[] = ['link set lo up'];
    for (const [i, { name, mac, mtu }] of options.interfaces.entries()) {
      batch.push(`link set ${name} address ${mac ?? interfaceMac(i)} arp off mtu ${mtu ?? 1500} up`);
    }
    for (const { name, addresses } of options.interfaces) {
      for (const address of addresses ?? []) batch.push(`addr add ${address} dev ${name} ${address.includes(':') ? 'nodad' : 'brd +'}`);
    }
    for (const { name, routes } of options.interfaces) for (const route of routes ?? []) batch.push(`route add ${route} dev ${name}`);
    if (options.defaultRoute)
      batch.push(`route add default dev ${options.defaultRoute}`, `-6 route add default dev ${options.defaultRoute}`);
    batch.push(...(options.ipCommands ?? []));
    await this.waitForTaps();
    for (const line of batch) await this.run(`ip ${line}`);

    if (options.suppressReplies ?? true) {
      // Sockets of ours have an owner (uid 0); what the kernel answers by itself has none.
      const chain = 'type filter hook output priority -400; policy accept; meta skuid 0 accept; drop;';
      await this.run(`nft 'table inet iptlint_quiet { chain out { ${chain} }; }'`);
    }
    await this.drain();
    this.collect(); // what IPv6 said on its own when the interfaces came up
  }

  private async openTap(name: string): Promise<Tap> {
    const fifo = join(this.folder, name);
    execFileSync('mkfifo', [fifo]);
    const input = await open(fifo, 'r+');
    const device = `TUN,tun-type=tap,tun-name=${name},iff-no-pi`;
    const socat = this.inside(['socat', '-b', String(frameSize), 'STDIO', device], input.fd);
    const fence = this.inside(
      ['sh', '-c', `while ! ip link show ${name} up 2>/dev/null | grep -q .; do sleep 0.01; done; exec socat -u STDIO INTERFACE:${name}`],
      'pipe',
    );
    const tap: Tap = { name, socat, fence, input, written: 0, pending: Buffer.alloc(0), frames: [], onFence: null };
    socat.stdout!.on('data', (bytes: Buffer) => readFrames(tap, bytes));
    return tap;
  }

  private async waitForTaps(): Promise<void> {
    const names = [...this.taps.keys()];
    await this.until(
      () => names.every((name) => received(this.shell!.pid!, name) !== undefined),
      'no tap device appeared (is /dev/net/tun there?)',
    );
  }

  private async until(done: () => boolean, otherwise: string): Promise<void> {
    const end = Date.now() + 10_000;
    for (let i = 0; !done(); i++) {
      if (Date.now() > end) throw new Error(otherwise);
      if (i < 50) await new Promise((resolve) => setImmediate(resolve));
      else await sleep(1);
    }
  }

  /** Runs a shell command inside; its output, or an error with what it said. */
  async run(command: string): Promise<string> {
    const { status, output } = await this.try(command);
    if (status !== 0) throw commandFailed(command.slice(0, 400), output);
    return output;
  }

  /** Runs a shell command inside; its exit status and all it said. */
  async try(command: string): Promise<{ readonly status: number; readonly output: string }> {
    const mark = `<<${++this.commands}>>`;
    const shell = this.shell!;
    return new Promise((resolve, reject) => {
      this.onShellOutput = () => {
        const at = this.shellOutput.lastIndexOf(`${mark} `);
        if (at >= 0 && this.shellOutput.endsWith('\n')) {
          const output = this.shellOutput.slice(0, Math.max(0, at - 1));
          const status = Number(this.shellOutput.slice(at + mark.length));
          this.shellOutput = '';
          this.onShellOutput = null;
          resolve({ status, output });
        } else if (shell.exitCode !== null) reject(commandFailed(command.slice(0, 400), `the shell ended: ${this.shellOutput}`));
      };
      shell.stdin!.write(`{ ${command}\n} 2>&1 </dev/null; printf '\\n%s %s\\n' '${mark}' $?\n`);
    });
  }

  /** A file of the namespace's /proc/net. */
  proc(file: string): string {
    return readFileSync(`/proc/${this.shell!.pid}/net/${file}`, 'utf8');
  }

  /** Where to put a file that commands inside read. */
  file(name: string): string {
    return join(this.folder, name);
  }

  private tap(name: string): Tap {
    const tap = this.taps.get(name);
    if (!tap) throw new Error(`no interface ${name}: there are ${[...this.taps.keys()].join(', ')}`);
    return tap;
  }

  /** Hands a frame to an interface, as if it came from the wire. */
  async inject(name: string, frame: Uint8Array): Promise<void> {
    const tap = this.tap(name);
    if (frame.length > frameSize) throw new Error(`a frame of ${frame.length} bytes: at most ${frameSize} are possible`);
    const block = Buffer.alloc(frameSize);
    block.set(frame);
    await tap.input.write(block);
    tap.written++;
  }

  /** Returns once the kernel has dealt with every frame injected so far. */
  async settle(): Promise<void> {
    const pid = this.shell!.pid!;
    const taps = [...this.taps.values()];
    await this.until(() => taps.every((tap) => received(pid, tap.name) === tap.written), 'frames got lost between Node and the tap device');
  }

  /** Returns once every frame that the kernel has sent so far has been read. */
  async drain(): Promise<void> {
    await Promise.all(
      [...this.taps.values()].map(
        (tap) =>
          new Promise<void>((resolve, reject) => {
            const timer = setTimeout(() => reject(new Error(`the fence frame never came out of ${tap.name}`)), 5_000);
            tap.onFence = () => {
              tap.onFence = null;
              clearTimeout(timer);
              resolve();
            };
            const frame = Buffer.alloc(60);
            frame.set(fenceType, 12);
            tap.fence.stdin!.write(frame);
          }),
      ),
    );
  }

  /** The frames that came out since the last call, by interface. */
  collect(): { readonly interface: string; readonly frame: Buffer }[] {
    return [...this.taps.values()].flatMap((tap) => tap.frames.splice(0).map((frame) => ({ interface: tap.name, frame })));
  }

  /** Ends all processes and deletes the namespace. */
  async close(): Promise<void> {
    for (const child of this.children) child.kill('SIGKILL');
    await Promise.all([...this.taps.values()].map((tap) => tap.input.close().catch(() => {})));
    try {
      execFileSync('ip', ['netns', 'delete', this.name], { stdio: 'pipe' });
    } catch {
      // It was never made.
    }
    rmSync(this.folder, { recursive: true, force: true });
    this.endTurn?.();
    this.endTurn = null;
  }
}

/** The hardware address of the nth interface, where none is given. */
export const interfaceMac = (index: number): string => `02:00:00:00:${index.toString(16).padStart(2, '0')}:01`;

/** The hardware address that packets to the nth interface come from, where none is given. */
export const peerMac = (index: number): string => `02:00:00:00:${index.toString(16).padStart(2, '0')}:02`;

const received = (pid: number, name: string): number | undefined => {
  for (const line of readFileSync(`/proc/${pid}/net/dev`, 'utf8').split('\n')) {
    const words = line.trim().split(/[\s:]+/);
    if (words[0] === name) return Number(words[2]);
  }
  return undefined;
};

/** Cuts the stream of bytes into frames: the IP header tells the length, fence frames are of 60 bytes, anything else is dropped whole. */
const readFrames = (tap: Tap, bytes: Buffer): void => {
  tap.pending = tap.pending.length > 0 ? Buffer.concat([tap.pending, bytes]) : bytes;
  for (;;) {
    const pending = tap.pending;
    if (pending.length < 20) return;
    const type = pending.readUInt16BE(12);
    const length =
      type === 0x0800
        ? 14 + pending.readUInt16BE(16)
        : type === 0x86dd
          ? 54 + pending.readUInt16BE(18)
          : type === 0x88b5
            ? 60
            : pending.length;
    if (pending.length < length) return;
    const frame = Buffer.from(pending.subarray(0, length));
    tap.pending = pending.subarray(length);
    if (type === 0x88b5) tap.onFence?.();
    else if (type === 0x0800 || type === 0x86dd) tap.frames.push(frame);
  }
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    try {
      for (const line of execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n')) {
        const name = line.split(' ')[0]!;
        if (name.startsWith(`iptlint-${process.pid}-`)) execFileSync('ip', ['netns', 'delete', name]);
      }
    } finally {
      process.kill(process.pid, signal);
    }
  });
}
