/** What a script of commands says, and what it leaves to the host that runs it. */
import { describe, expect, it } from 'vitest';
import { lintText } from '../../src/lint.js';

const told = (text: string) =>
  lintText([{ name: 'firewall.sh', text }], { family: 4 }).diagnostics.map(({ level, check, message }) => `${level} ${check}: ${message}`);

describe('a script', () => {
  it('that sets no policy leaves the one that is there', () => {
    const rules = 'iptables -A INPUT -i lo -j ACCEPT\niptables -A INPUT -p tcp --dport 22 -j ACCEPT\n';
    expect(told(rules)).toEqual([]);
    expect(told(`iptables -P INPUT ACCEPT\n${rules}`)).toContain(
      'warning open-policy: INPUT accepts single services, and its policy ACCEPT lets everything else in as well',
    );
  });

  it('whose variables come from elsewhere is told of it once, and nothing is proved from their names', () => {
    const text =
      'iptables -A INPUT -i "$LAN" -s $NET -j ACCEPT\niptables -A INPUT -i $WAN -j $TARGET\niptables -A INPUT -i $WAN -p tcp -j DROP\n';
    expect(told(text)).toEqual(['error bad-value: this is still to be filled in: what it stands for is not known here']);
  });
});
