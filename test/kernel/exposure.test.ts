/** The service matrix and the kernel: what a row says gets there, gets there, by its lines, and as the row has it translated. */
import { describe, expect, it } from 'vitest';
import { type Family, Fault, parse } from '../../grammar/index.js';
import { contextResolver } from '../../src/analysis/context.js';
import { readAddresses } from '../../src/model/host.js';
import { resolve } from '../../src/model/resolve.js';
import { packetJson } from '../../src/packets/pick.js';
import { exposureOf } from '../../src/query/exposure.js';
import { type Backend, type KernelPacket, unavailable, withKernel } from './harness.js';
import { Random, randomRuleset, randomSets } from './random.js';

const rounds = Number(process.env.IPTLINT_KERNEL_ROUNDS ?? 6);

/** Rulesets of the kinds that people ask about, for the router of the harness: containers and pods stand in 192.168.50.0/24. */
const written: Readonly<Record<string, string>> = {
  docker: `*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -s 198.51.100.66/32 -j DROP
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER -i eth2 -j RETURN
-A DOCKER ! -i eth2 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.168.50.9:80
-A DOCKER -d 203.0.113.1/32 ! -i eth2 -p udp -m udp --dport 5353 -j DNAT --to-destination 192.168.50.9:53
-A DOCKER ! -i eth2 -p tcp -m tcp --dport 9090 -j DNAT --to-destination 192.168.50.7:90
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A INPUT -s 198.51.100.0/24 -p tcp -m tcp --dport 22 -j ACCEPT
-A FORWARD -j DOCKER-USER
-A FORWARD -o eth2 -j DOCKER
-A FORWARD -i eth2 ! -o eth2 -j ACCEPT
-A DOCKER -d 192.168.50.9/32 ! -i eth2 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER -d 192.168.50.9/32 ! -i eth2 -p udp -m udp --dport 53 -j ACCEPT
-A DOCKER-USER -i eth1 -p tcp -m conntrack --ctorigdstport 8080 ! --ctorigsrc 198.51.100.0/24 -j DROP
-A DOCKER-USER -j RETURN
COMMIT
`,
  kube: `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-SVC-A - [0:0]
:KUBE-SEP-A - [0:0]
:KUBE-SEP-B - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-A
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j KUBE-SVC-A
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-SVC-A ! -s 192.168.50.0/24 -j KUBE-MARK-MASQ
-A KUBE-SVC-A -m statistic --mode nth --every 2 --packet 0 -j KUBE-SEP-A
-A KUBE-SVC-A -j KUBE-SEP-B
-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 192.168.50.7:8080
-A KUBE-SEP-B -p tcp -m tcp -j DNAT --to-destination 192.168.50.9:8080
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
-A INPUT -p tcp -m tcp --dport 1:1023 -j REJECT --reject-with tcp-reset
-A FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
-A FORWARD -s 192.168.50.0/24 -j ACCEPT
COMMIT
`,
  router: `*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p udp -m udp --dport 123 -j CT --notrack
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -i eth0 -p tcp -m tcp --dport 443 -j MARK --set-xmark 0x7/0xffffffff
-A PREROUTING -s 198.51.100.128/25 -p tcp -m tcp --dport 2222 -j DROP
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -i eth0 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 3128
-A PREROUTING -i eth1 -d 203.0.113.1/32 -p tcp -m tcp --dport 2222 -j DNAT --to-destination 10.1.0.5:22
-A PREROUTING -i eth1 -d 203.0.113.1/32 -p tcp -m tcp --dport 8443 -j DNAT --to-destination 10.1.0.1:443
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
-A INPUT -i eth0 -p tcp -m tcp --dport 3128 -j ACCEPT
-A INPUT -d 10.1.0.1/32 -p tcp -m tcp --dport 443 -j ACCEPT
-A INPUT -p udp -m conntrack --ctstate UNTRACKED -j ACCEPT
-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT
-A FORWARD -m mark --mark 0x7 -j ACCEPT
COMMIT
`,
};

/** Rows of a ruleset that the kernel does not bear out, and how many were asked. */
const heldAgainst = async (backend: Backend, family: Family, rules: string, ipset: string) => {
  const disagreements: string[] = [];
  let [asked, translated] = [0, 0];
  await withKernel({ family, backend, rules, ipset }, async (kernel) => {
    const ruleset = resolve(parse(rules, { family }).document).rulesets[0]!;
    const addresses = await kernel.run('ip -j addr');
    const interfaces = readAddresses(addresses);
    if (interfaces instanceof Fault) throw new Error(interfaces.message);
    const context = { addresses: { name: 'addr', text: addresses }, ipset: { name: 'ipset', text: ipset } };
    const rows = exposureOf(ruleset, { resolver: contextResolver(ruleset, context, backend), interfaces, most: 40 })
      .filter(({ isExact }) => isExact)
      .flatMap((one) => one.rows)
      // What history or the packet's look decides is not in the test's hands.
      .filter(({ only }) => only.every((words) => words.startsWith('what ')));
    const networks = { eth0: /^10\.1\.0\.|^fd00:1:/, eth2: /^192\.168\.50\.|^fd00:50:/ };
    const routed = (to: string): string => (networks.eth0.test(to) ? 'eth0' : networks.eth2.test(to) ? 'eth2' : 'eth1');
    for (const row of rows) {
      const { out, state: _, ...json } = packetJson(row.packet);
      if (!interfaces.some(({ name }) => name === json.in)) continue;
      // Routing chooses where it leaves: the row's packet may name another interface.
      const [to] = row.goesTo;
      if (row.leaving !== '' && out !== routed(to ?? json.dst)) continue;
      const packet = { ...json, reload: true, ...(json.proto === 'gre' ? { payload: 'eight bytes' } : {}) } as unknown as KernelPacket;
      const [answer] = await kernel.send([packet]);
      asked++;
      if (row.translatedBy.length > 0) translated++;
      const isThere = answer!.became === (row.hook === 'INPUT' ? 'local' : 'out');
      const hasLine = row.lines.some((line) => answer!.matched.includes(line));
      const hasPolicy = row.byPolicy && answer!.policies.includes(`filter/${row.hook}`);
      const isDecided = hasLine || hasPolicy || (row.lines.length === 0 && !row.byPolicy);
      const isTranslated = row.translatedBy.length === 0 || row.translatedBy.some((line) => answer!.matched.includes(line));
      if (isThere && isDecided && isTranslated) continue;
      disagreements.push(
        `${JSON.stringify(packet)}\n  the row: ${JSON.stringify({ ...row, packet: 0, cubes: 0 })}\n  the kernel: ${answer!.matched} ${answer!.policies} ${answer!.became}\n${rules}`,
      );
    }
  });
  return { disagreements, asked, translated };
};

const cases: readonly (readonly [Backend, Family])[] = [
  ['legacy', 4],
  ['nft', 4],
  ['nft', 6],
];

for (const [backend, family] of cases) {
  const reason = unavailable(backend, family);
  describe.skipIf(reason)(`the service matrix and the kernel, ${backend}, IPv${family}${reason ? ` (skipped: ${reason})` : ''}`, () => {
    if (family === 4)
      it.each(Object.keys(written))('agree on %s', { timeout: 60_000 }, async (kind) => {
        const { disagreements, asked, translated } = await heldAgainst(backend, family, written[kind]!, '');
        expect(disagreements.join('\n')).toBe('');
        expect(asked).toBeGreaterThan(3);
        expect(translated).toBeGreaterThan(1);
      });

    it(`agree on ${rounds} random rulesets`, { timeout: rounds * 20_000 }, async () => {
      let all = 0;
      for (let seed = 1; seed <= rounds; seed++) {
        const rules = randomRuleset(new Random(seed * 13 + family), family);
        const { disagreements, asked } = await heldAgainst(backend, family, rules, randomSets(family));
        expect(disagreements.join('\n'), `seed ${seed}`).toBe('');
        all += asked;
      }
      expect(all).toBeGreaterThan(0);
    });
  });
}
