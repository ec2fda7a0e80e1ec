/** `--log-level`: a syslog level by number or by its whole name in small letters (libxtables, XTTYPE_SYSLOGLEVEL); printed as a number. */
import { readInteger } from './integer.js';
import { defineValue, Fault } from './value.js';

/** Names by level. `warn`, `err` and abbreviations are not read. */
export const logLevels = ['emerg', 'alert', 'crit', 'error', 'warning', 'notice', 'info', 'debug'] as const;

/** The level that LOG takes where none is given, and that iptables-save hides. */
export const defaultLogLevel = 4;

export const logLevel = defineValue<number>({
  arity: 1,
  isFew: true,
  expects: `a level from 0 to 7, or ${logLevels.join(', ')}`,
  parse: ({ 0: word }) => {
    const named = word === 'panic' ? 0 : (logLevels as readonly string[]).indexOf(word!);
    const level = named >= 0 ? named : readInteger(word!);
    return level !== undefined && level <= 7 ? level : new Fault(`"${word}" is not a log level`);
  },
  print: String,
  say: (level) => logLevels[level]!,
});
