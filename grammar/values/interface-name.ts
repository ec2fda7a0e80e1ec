/** `-i eth0`, `-o eth+`: an interface name, at most 15 bytes; a `+` at its end takes every name that begins so (xtables_parse_interface). */
import { byteLength } from './text.js';
import { defineValue, Fault } from './value.js';

export interface InterfaceName {
  /** Without the `+`. */
  readonly name: string;
  /** `+` stood at the end. */
  readonly prefix: boolean;
}

export const interfaceName = defineValue<InterfaceName>({
  arity: 1,
  expects: 'an interface name of at most 15 characters, perhaps ending in +',
  parse: ({ 0: word }) => {
    if (word === '') return new Fault('an interface name cannot be empty');
    if (byteLength(word!) > 15)
      return new Fault(`the interface name "${word}" is longer than 15 ${word!.length > 15 ? 'characters' : 'bytes'}`);
    return word!.endsWith('+') ? { name: word!.slice(0, -1), prefix: true } : { name: word!, prefix: false };
  },
  // Never quoted, whatever it holds (xshared.c, save_iface).
  print: ({ name, prefix }) => (prefix ? `${name}+` : name),
  say: ({ name, prefix }) => (prefix ? `${name}*` : name),
});
