/** `iptlint trace`: calls, forms, exit codes. */
import { describe, expect, it } from 'vitest';
import { call } from './call.js';

const files = {
  'rules.v4':
    '*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:web - [0:0]\n-A FORWARD -s 10.0.0.0/8 -p tcp -j web\n-A FORWARD -m set --match-set friends src -j ACCEPT\n-A web -p tcp -m tcp --dport 80 -j ACCEPT\n-A web -p tcp -m tcp --dport 22 -j DROP\nCOMMIT\n',
  'addr.json':
    '[{"ifname":"eth0","addr_info":[{"local":"10.0.0.1","prefixlen":24}]},{"ifname":"eth1","addr_info":[{"local":"192.0.2.1","prefixlen":24}]}]',
  'route.json': '[{"dst":"default","dev":"eth1"}]',
  'packets.jsonl':
    '{"id":"a","in":"eth0","src":"10.0.0.7","dst":"198.51.100.5","proto":"tcp","sport":9,"dport":80}\n{"id":"b","in":"eth0","src":"10.0.0.7","dst":"198.51.100.5","proto":"tcp","sport":9,"dport":22}\n',
};
const host = ['--addresses', 'addr.json', '--routes', 'route.json'];
const web = 'tcp 10.0.0.7:9 > 198.51.100.5:80 in eth0';

describe('iptlint trace', () => {
  it('tells the way of a packet, line by line', async () => {
    const { code, stdout } = await call(['trace', 'rules.v4', web, ...host], { files });
    expect(code).toBe(0);
    expect(stdout).toContain('FORWARD  (in eth0, out eth1)');
    expect(stdout).toContain('* 6: -A FORWARD -s 10.0.0.0/8 -p tcp -j web');
    expect(stdout).toContain('delivered by eth1, accepted by line 8 (filter/web) ACCEPT');
  });

  it('says what SYNPROXY does', async () => {
    const text = '*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A FORWARD -p tcp -j SYNPROXY\nCOMMIT\n';
    const { stdout } = await call(['trace', 'rules.v4', web, ...host], { files: { ...files, 'rules.v4': text } });
    expect(stdout).toContain("taken by line 4 (filter/FORWARD) SYNPROXY, which answers in the server's place");
  });

  it('prints a JSON line for each packet', async () => {
    const { code, stdout } = await call(['trace', 'rules.v4', '--packets', 'packets.jsonl', '-f', 'jsonl', ...host], { files });
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(answers).toMatchObject([
      {
        id: 'a',
        matched: [6, 8],
        verdict: 'delivered',
        certain: true,
        by: { by: 'rule', line: 8 },
        seen: [{ at: 'eth1', dport: 80, ttl: 63 }],
      },
      {
        id: 'b',
        matched: [6, 9],
        verdict: 'dropped',
        certain: true,
        trace: [{ line: 6 }, { table: 'filter', chain: 'web', line: 9, target: 'DROP' }],
      },
    ]);
  });

  it('names near misses and what differs', async () => {
    const { stdout } = await call(['trace', 'rules.v4', 'tcp 10.0.0.7:9 > 198.51.100.5:22 in eth0', ...host], { files });
    expect(stdout).toContain('- 8: -A web -p tcp -m tcp --dport 80 -j ACCEPT   [destination port differs]');
  });

  it('says why a packet does not come to a line', async () => {
    const why = async (packet: string, line: number) =>
      (await call(['trace', 'rules.v4', packet, '--why-not', String(line), ...host], { files })).stdout.trim().split('\n').at(-1);
    expect(await why(web, 8)).toBe('line 8 does match the packet');
    expect(await why(web, 9)).toBe('the packet comes into filter/web, but leaves it before line 9: line 8 ACCEPT took it');
    expect(await why(web.replace('10.0.0.7', '192.0.2.7'), 8)).toBe(
      'the packet never comes into filter/web: line 6 jumps there, but source address differs',
    );
    expect(await why(web, 3)).toBe("line 3 holds no rule of this packet's family");
  });

  it('exits 4 where something unknown decides, and takes assumptions', async () => {
    const friend = 'tcp 192.0.2.7:9 > 198.51.100.5:80 in eth0';
    const open = await call(['trace', 'rules.v4', friend, ...host], { files });
    expect(open.code).toBe(4);
    expect(open.stdout).toContain('what the set friends holds is not known (give the sets: --ipset FILE)');
    const closed = await call(['trace', 'rules.v4', friend, ...host, '--assume', 'set:friends=no'], { files });
    expect(closed.code).toBe(0);
    expect(closed.stdout).toContain('dropped by the policy of filter/FORWARD, DROP');
  });

  it('traces the answer with --both-ways', async () => {
    const rules = '*filter\n-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A FORWARD -i eth0 -j ACCEPT\nCOMMIT\n';
    const { stdout } = await call(['trace', 'rules.v4', web, '--both-ways', '-f', 'jsonl', ...host], {
      files: { ...files, 'rules.v4': rules },
    });
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).matched),
    ).toEqual([[3], [2]]);
  });

  it.each([
    [['trace'], 2, 'trace wants a ruleset and a packet'],
    [['trace', 'rules.v4'], 2, 'trace wants a packet'],
    [['trace', 'rules.v4', 'tcp nowhere'], 2, 'a packet reads'],
    [['trace', 'rules.v4', web, '--assume', 'wonder'], 2, 'is not an assumption'],
    [['trace', 'missing.v4', web], 3, 'no such file'],
    [['trace', 'rules.v4', 'tcp [2001:db8::1]:9 > [2001:db8::2]:80 in eth0'], 3, 'the file holds no IPv6 rules'],
    [['trace', 'rules.v4', web, '--addresses', 'rules.v4'], 3, 'not JSON'],
  ])('%j exits %d', async (words, code, message) => {
    const outcome = await call(words, { files });
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toContain(message);
  });
});
