/** docker-bypasses-input: where to refuse depends on the program that publishes the port. */
import { expect, it } from 'vitest';
import { lintText } from '../../src/lint.js';

const published = (nat: string, chain: string, user: string): string => `*nat
:PREROUTING ACCEPT [0:0]
:${nat} - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j ${nat}
-A ${nat} -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.88.0.5:80
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:${chain} - [0:0]
${user}-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -j ${chain}
-A ${chain} -d 10.88.0.5/32 -p tcp -m tcp --dport 80 -j ACCEPT
COMMIT
`;

it.each([
  ['Docker', published('DOCKER', 'DOCKER', ':DOCKER-USER - [0:0]\n'), 'in DOCKER-USER with'],
  ['CNI', published('CNI-DN-0123456789abcdef01234', 'CNI-FORWARD', ':CNI-ADMIN - [0:0]\n'), 'in CNI-ADMIN with'],
  ['Podman', published('NETAVARK-DN-1D8721804F16F', 'NETAVARK_FORWARD', ''), 'in FORWARD, before the jump to its chains, with'],
])('%s', (_program, text, where) => {
  const { diagnostics } = lintText([{ name: 'rules', text }], { select: ['docker-bypasses-input'] });
  expect(diagnostics.map(({ help }) => help)).toEqual([expect.stringContaining(where)]);
});
