/** The dump of a container, taken for that of its host. */
import { placeOfChain } from '../model/place.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'container-netns',
  category: 'platform',
  level: 'info',
  summary: 'This is the dump of a container, not of its host.',
  why: "Each network namespace has rules of its own. The chains DOCKER_OUTPUT and DOCKER_POSTROUTING, which send queries to 127.0.0.11 on to Docker's name server, stand inside containers only: the dump was taken in one (or with nsenter). Rules of the host, published ports among them, are not in it.",
  advice: 'Run iptables-save on the host, outside any container, if the host was meant.',
  examples: {
    find: [
      {
        title: "Docker's name server",
        text: '*nat\n:OUTPUT ACCEPT [0:0]\n:DOCKER_OUTPUT - [0:0]\n-A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT\n-A DOCKER_OUTPUT -d 127.0.0.11/32 -p udp -m udp --dport 53 -j DNAT --to-destination 127.0.0.11:41234\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'a host with Docker',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n-A DOCKER -i docker0 -j RETURN\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    const nat = ruleset.tables.get('nat');
    const chain = nat?.chains.get('DOCKER_OUTPUT');
    if (!chain || nat?.chains.has('DOCKER')) return;
    report({
      ...placeOfChain(chain),
      message: 'this dump was taken inside a container: it says nothing about the rules of its host',
      help: 'run iptables-save on the host, if the host was meant',
    });
  },
});
