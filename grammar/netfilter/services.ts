/** Well-known services as /etc/services of Debian names them: what `--dport ssh` reads, and what reports call a port. */

/** Placeholder list, extended below by the maintainers of the file. */
const services: readonly (readonly [name: string, port: number])[] = [
  ['ssh', 22],
  ['domain', 53],
  ['http', 80],
  ['https', 443],
];

const ports = new Map<string, number>(services);
const names = new Map<number, string>([...services].reverse().map(([name, port]) => [port, name]));

/** The port of a service name (case counts), whatever the protocol. */
export const portByService = (name: string): number | undefined => ports.get(name);

/** The usual name of a port. */
export const serviceByPort = (port: number): string | undefined => names.get(port);
