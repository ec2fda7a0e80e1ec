/** `-j LED`: blinks a lamp (libxt_LED.c, net/netfilter/xt_LED.c). */
import { readInteger } from '../../values/integer.js';
import { text } from '../../values/text.js';
import { defineValue, Fault, none } from '../../values/value.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';
import { join } from '../spell.js';

/** Always quoted, with only `"` and `\` escaped. */
const triggerId = { ...text(16), print: (id: string): string => `"${id.replace(/["\\]/g, '\\$&')}"` };

/** All ones: for ever. */
const forever = 0xffffffff;

/** Milliseconds, or any word that begins with `inf`. */
const delay = defineValue<number>({
  arity: 1,
  expects: 'a time in milliseconds, or inf',
  parse: ({ 0: word }) => {
    if (/^inf/i.test(word!)) return forever;
    const value = readInteger(word!);
    return value !== undefined && value <= forever ? value : new Fault(`"${word}" is not a number from 0 to ${forever}`);
  },
  // Printed as a signed number.
  print: (value) => String(value | 0),
  say: (value) => (value === forever ? 'for ever' : `for ${value} ms`),
});

export const led = defineTarget({
  name: 'LED',
  manual: 'iptables-extensions(8) LED; extensions/libxt_LED.c of iptables 1.8.9',
  options: {
    id: { flag: '--led-trigger-id', value: triggerId, required: true },
    delay: { flag: '--led-delay', value: delay },
    alwaysBlink: { flag: '--led-always-blink', value: none },
  },
  effect: goesOn,
  hasSideEffect: true,
  save: ({ id, delay: time, alwaysBlink }) =>
    join(
      `--led-trigger-id ${triggerId.print(id.value)}`,
      time && time.value !== 0 && `--led-delay ${time.value | 0}`,
      alwaysBlink && '--led-always-blink',
    ),
  say: ({ id, delay: time, alwaysBlink }, context) =>
    `Light the LED of trigger ${id.value}${time && time.value !== 0 ? ` ${delay.say(time.value, { ...context, negated: false })}` : ''}${alwaysBlink ? ', blinking for each packet' : ''}`,
  examples: [
    {
      rule: '-j LED --led-always-blink --led-trigger-id ssh --led-delay 1000',
      saved: '-j LED --led-trigger-id "ssh" --led-delay 1000 --led-always-blink',
      says: 'Light the LED of trigger ssh for 1000 ms, blinking for each packet',
    },
    { rule: '-j LED', refused: '--led-trigger-id' },
    { rule: '-j LED --led-trigger-id a --led-delay soon', refused: 'is not a number' },
  ],
});
