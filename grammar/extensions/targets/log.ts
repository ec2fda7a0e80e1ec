/** `-j LOG`: writes a line to the kernel's log; the packet goes on (libxt_LOG.c). */
import { defaultLogLevel, logLevel } from '../../values/log-level.js';
import { sayTogether } from '../../values/names.js';
import { prefixText } from '../../values/prefix-text.js';
import { quote, sayQuoted } from '../../values/text.js';
import { none } from '../../values/value.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';
import { join } from '../spell.js';

export const log = defineTarget({
  name: 'LOG',
  manual: 'iptables-extensions(8) LOG; net/netfilter/xt_LOG.c',
  options: {
    prefix: { flag: '--log-prefix', value: prefixText(29) },
    level: { flag: '--log-level', value: logLevel },
    tcpSequence: { flag: '--log-tcp-sequence', value: none },
    tcpOptions: { flag: '--log-tcp-options', value: none },
    ipOptions: { flag: '--log-ip-options', value: none },
    uid: { flag: '--log-uid', value: none },
    macDecode: { flag: '--log-macdecode', value: none },
  },
  effect: goesOn,
  hasSideEffect: true,
  save: ({ prefix, level, tcpSequence, tcpOptions, ipOptions, uid, macDecode }) =>
    join(
      prefix && `--log-prefix ${quote(prefix.value)}`,
      level && level.value !== defaultLogLevel && `--log-level ${level.value}`,
      tcpSequence && '--log-tcp-sequence',
      tcpOptions && '--log-tcp-options',
      ipOptions && '--log-ip-options',
      uid && '--log-uid',
      macDecode && '--log-macdecode',
    ),
  say: ({ prefix, level, tcpSequence, tcpOptions, ipOptions, uid, macDecode }, context) => {
    const told = [
      prefix && `prefix ${sayQuoted(prefix.value)}`,
      tcpSequence && 'TCP sequence numbers',
      tcpOptions && 'TCP options',
      ipOptions && 'IP options',
      uid && "the sending process's user",
      macDecode && 'the hardware header',
    ].filter((part) => part !== undefined);
    return join(
      'Log',
      told.length > 0 && `with ${sayTogether(told)}`,
      level && level.value !== defaultLogLevel && `at level ${logLevel.say(level.value, { ...context, negated: false })}`,
    );
  },
  examples: [
    {
      rule: '-j LOG --log-level warning --log-prefix "dropped: "',
      saved: '-j LOG --log-prefix "dropped: "',
      says: 'Log every packet with prefix "dropped: "',
    },
    {
      rule: '-j LOG --log-uid --log-level debug',
      saved: '-j LOG --log-level 7 --log-uid',
      says: "Log every packet with the sending process's user at level debug",
    },
    { rule: '-j LOG --log-prefix ""', refused: 'empty' },
    { rule: '-j LOG --log-level warn', refused: 'not a log level' },
  ],
});
