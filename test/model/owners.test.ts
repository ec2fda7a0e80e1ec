/** Programs are known by the chains and rules that they write; what is the user's stays his. */
import { describe, expect, it } from 'vitest';
import { parse } from '../../grammar/index.js';
import { ownerOf, ownerOfRule } from '../../src/model/owners.js';
import { resolve } from '../../src/model/resolve.js';
import type { Ruleset, Table } from '../../src/model/ruleset.js';

const ruleset = (text: string): Ruleset => resolve(parse(text).document).rulesets[0]!;
const table = (text: string): Table => [...ruleset(text).tables.values()][0]!;

/** The owner of a chain that stands alone in the table. */
const owner = (name: string, ...beside: string[]) => {
  const declared = [name, ...beside].map((chain) => `:${chain} - [0:0]\n`).join('');
  return ownerOf(table(`*filter\n${declared}COMMIT\n`).chains.get(name)!);
};

describe('chains', () => {
  it.each([
    ['KUBE-SVC-AAAAAAAAAAAAAAAA', 'kube-proxy'],
    ['KUBE-PROXY-CANARY', 'kube-proxy'],
    ['KUBE-IPTABLES-HINT', 'kubelet'],
    ['KUBE-POD-FW-AAAAAAAAAAAAAAAA', 'kube-router'],
    ['DOCKER-ISOLATION-STAGE-1', 'docker'],
    ['DOCKER_OUTPUT', 'docker'],
    ['cali-FORWARD', 'calico'],
    ['FLANNEL-FWD', 'flannel'],
    ['CILIUM_POST_nat', 'cilium'],
    ['ISTIO_OUTPUT', 'istio'],
    ['PROXY_INIT_REDIRECT', 'linkerd'],
    ['KUMA_MESH_INBOUND', 'kuma'],
    ['ANTREA-FORWARD', 'antrea'],
    ['WEAVE-NPC-DEFAULT', 'weave'],
    ['AWS-SNAT-CHAIN-0', 'aws-vpc-cni'],
    ['AZURE-NPM-INGRESS', 'azure-npm'],
    ['CNI-HOSTPORT-DNAT', 'cni'],
    ['NETAVARK_FORWARD', 'netavark'],
    ['LIBVIRT_FWI', 'libvirt'],
    ['ts-input', 'tailscale'],
    ['neutron-openvswi-i5a3f3c5e-1', 'neutron'],
    ['nova-compute-local', 'neutron'],
    ['PVEFW-HOST-IN', 'proxmox'],
    ['OVN-KUBE-NODEPORT', 'ovn-kubernetes'],
    ['OPENSHIFT-FIREWALL-ALLOW', 'openshift-sdn'],
    ['VYATTA_FW_IN_HOOK', 'vyatta'],
    ['UBNT_PFOR_DNAT_HOOK', 'vyatta'],
    ['nixos-fw-accept', 'nixos'],
    ['InstanceServices', 'oracle-cloud'],
    ['f2b-sshd', 'fail2ban'],
    ['sshguard', 'sshguard'],
    ['CROWDSEC_CHAIN', 'crowdsec'],
    ['MINIUPNPD', 'miniupnpd'],
    ['ufw-before-input', 'ufw'],
  ])('%s is a chain of %s', (name, id) => {
    expect(owner(name)?.id).toBe(id);
    expect(owner(name)?.purpose).toMatch(/^[a-z].*[^.]$/);
  });

  it.each([
    ['IN_public', 'firewalld', 'INPUT_direct'],
    ['zone_dmz', 'openwrt', 'zone_wan'],
    ['net-fw', 'shorewall', 'shorewall'],
    ['logdrop', 'shorewall', 'shorewall'],
    ['TALLOW', 'apf', 'TGALLOW'],
    ['tap100i0-IN', 'proxmox', 'PVEFW-FWBR-IN'],
    ['GROUP-web-IN', 'proxmox', 'PVEFW-FWBR-IN'],
  ])('%s is a chain of %s only beside %s', (name, id, beside) => {
    expect(owner(name, beside)?.id).toBe(id);
    expect(owner(name)).toBeNull();
  });

  it.each(['WEB', 'input', 'LOG_DROP', 'TCP', 'kubernetes', 'docker-hosts'])("%s is nobody's", (name) => {
    expect(owner(name)).toBeNull();
  });

  it('knows which chains are there for the user', () => {
    expect(owner('DOCKER-USER')?.isForUser).toBe(true);
    expect(owner('ufw-user-input')?.isForUser).toBe(true);
    expect(owner('DOCKER')?.isForUser).toBe(false);
  });
});

describe('rules', () => {
  const owners = (text: string) => ruleset(text).rules.map((rule) => ownerOfRule(rule)?.id ?? null);

  it('belong to the owner of their chain, but in a chain for users to the user', () => {
    expect(owners('*filter\n:DOCKER - [0:0]\n:DOCKER-USER - [0:0]\n-A DOCKER -j ACCEPT\n-A DOCKER-USER -j RETURN\nCOMMIT\n')).toEqual([
      'docker',
      null,
    ]);
  });

  it('belong to the program that they lead to', () => {
    expect(owners('*filter\n:ts-input - [0:0]\n-A INPUT -j ts-input\nCOMMIT\n')).toEqual(['tailscale']);
  });

  it('are known by their comments', () => {
    expect(owners('*nat\n-A POSTROUTING -m comment --comment "flanneld masq" -s 10.244.0.0/16 -j MASQUERADE\nCOMMIT\n')).toEqual([
      'flannel',
    ]);
  });

  it('are known by their shape, where that is like nothing that people write', () => {
    const text = `*nat
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p tcp -j MASQUERADE --to-ports 1024-65535
-A POSTROUTING -s 192.0.2.0/24 ! -d 192.0.2.0/24 -j MASQUERADE
-A POSTROUTING -s 192.0.2.0/24 -o eth0 -j MASQUERADE
COMMIT
`;
    expect(owners(text)).toEqual(['docker', 'libvirt', null, null]);
  });
});
