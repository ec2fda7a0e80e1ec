/** Times of day, dates, days of the month and of the week as libxt_time.c reads them (measured with 1.8.9: digits may be few, days are kept as sets). */
import { readInteger, withoutPlus } from './integer.js';
import { sayAlternatives } from './names.js';
import { defineValue, Fault } from './value.js';

/** Seconds of the last second of a day. */
export const endOfDay = 86399;
/** 2038-01-19T03:14:07, which stands where no --datestop is given. */
export const endOfTime = 0x7fffffff;

const two = (value: number): string => String(value).padStart(2, '0');

/** `hh:mm:ss` of seconds since midnight. */
export const printClockTime = (seconds: number): string =>
  `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;

/** `hh:mm`, with seconds only where they say something. */
export const sayClockTime = (seconds: number): string => {
  const text = printClockTime(seconds);
  return seconds % 60 === 0 ? text.slice(0, 5) : text;
};

/** A number as strtoul(3) with base 10 reads it; nothing at all is 0. */
const readDecimal = (word: string): number | undefined => {
  const digits = withoutPlus(word);
  return /^[0-9]+$/.test(digits) ? Number(digits) : word === '' ? 0 : undefined;
};

/** A time of day in seconds since midnight: `hh:mm[:ss]`. */
export const clockTime = defineValue<number>({
  arity: 1,
  expects: 'a time of day, hh:mm or hh:mm:ss, from 00:00:00 to 23:59:59',
  parse: ({ 0: word }) => {
    const fault = new Fault(`"${word}" is not a time of day`);
    const parts = word!.split(':').map(readDecimal);
    if (parts.length < 2 || parts.length > 3 || parts.includes(undefined)) return fault;
    const [hours = 0, minutes = 0, seconds = 0] = parts;
    return hours <= 23 && minutes <= 59 && seconds <= 59 ? hours * 3600 + minutes * 60 + seconds : fault;
  },
  print: printClockTime,
  say: sayClockTime,
});

/** `YYYY-MM-DDThh:mm:ss` of seconds since 1970, in UTC. */
export const printCalendarTime = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19);

/** The date alone where the time is midnight. */
export const sayCalendarTime = (seconds: number): string => {
  const text = printCalendarTime(seconds);
  return text.endsWith('T00:00:00') ? text.slice(0, 10) : text.replace('T', ' ');
};

/** A date and time in seconds since 1970: `YYYY[-MM[-DD[Thh[:mm[:ss]]]]]`; a day past the end of its month runs on into the next. */
export const calendarTime = defineValue<number>({
  arity: 1,
  expects: 'a date YYYY-MM-DD, perhaps with Thh:mm:ss, from 1970 to 2038',
  parse: ({ 0: word }) => {
    const found = /^([^-]+)(?:-([^-]*)(?:-([^-T]*)(?:T([^:]*)(?::([^:]*)(?::([^:]*))?)?)?)?)?$/.exec(word!);
    const fault = new Fault(`"${word}" is not a date from 1970 to 2038, YYYY-MM-DDThh:mm:ss`);
    // A "-" behind nothing is the sign of a number to strtoul(3).
    if (!found || (found[2] === '' && found[3] !== undefined)) return fault;
    // Not told: the first month and day. Told as nothing (2020-): 0, the one before the first.
    const part = (index: number, absent: number): number =>
      found[index] === undefined ? absent : (readDecimal(found[index]) ?? Number.POSITIVE_INFINITY);
    const [year, month, day, hour, minute, second] = [part(1, 1970), part(2, 1), part(3, 1), part(4, 0), part(5, 0), part(6, 0)];
    const within = year >= 1970 && year <= 2038 && month <= 12 && day <= 31;
    return within && hour <= 23 && minute <= 59 && second <= 59 ? Date.UTC(year, month - 1, day, hour, minute, second) / 1000 : fault;
  },
  print: printCalendarTime,
  say: sayCalendarTime,
});

/** "a", "a or b", "a, b or c"; three days and more in a row are "a to c". */
const list = (days: readonly number[], name: (day: number) => string): string => {
  const runs: [number, number][] = [];
  for (const day of days) {
    const run = runs.at(-1);
    if (run && run[1] === day - 1) run[1] = day;
    else runs.push([day, day]);
  }
  return sayAlternatives(
    runs.flatMap(([first, last]) =>
      last - first > 1 ? [`${name(first)} to ${name(last)}`] : first === last ? [name(first)] : [name(first), name(last)],
    ),
  );
};

export const allMonthDays: readonly number[] = Array.from({ length: 31 }, (_, index) => index + 1);

/** Days of the month, each once, ascending. 0 is read, is no day, and is kept (time.ts tells why); of each part the first two characters alone count. */
export const monthDays = defineValue<readonly number[]>({
  arity: 1,
  expects: 'days of the month from 1 to 31, separated by commas',
  parse: ({ 0: word }) => {
    const given = new Set<number>();
    for (const part of word!.split(',')) {
      if (part === '') continue;
      const day = readInteger(part.slice(0, 2));
      if (day === undefined || day > 31) return new Fault(`"${part}" is not a day of a month`);
      given.add(day);
    }
    return [0, ...allMonthDays].filter((day) => given.has(day));
  },
  print: (days) => days.filter((day) => day !== 0).join(','),
  say: (days) => list(days, String),
});

const weekDayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const spokenWeekDays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** Days of the week, Monday 1 to Sunday 7, each once, ascending. Of a name two letters count; of a number three digits, which move a bit, modulo 32: 32 is day 0. */
export const weekDays = defineValue<readonly number[]>({
  arity: 1,
  expects: 'days of the week, Mon to Sun or 1 to 7, separated by commas',
  parse: ({ 0: word }) => {
    const given = new Set<number>();
    const parts = word!.split(',');
    if (parts.at(-1) === '') parts.pop();
    for (const part of parts) {
      const index = weekDayNames.findIndex((name) => part.startsWith(name.slice(0, 2)));
      const [, minus = '', number = ''] = /^(-?)(.*)$/s.exec(part.slice(0, 3))!;
      const read = index >= 0 ? index + 1 : readInteger(number);
      const day = read && minus ? 32 - (read % 32) : read;
      if (!day) return new Fault(`"${part}" is not a day of the week (Mon to Sun, or 1 to 7)`);
      given.add(day % 32);
    }
    return [0, ...weekDayNames.map((_, index) => index + 1)].filter((day) => given.has(day));
  },
  print: (days) => days.flatMap((day) => weekDayNames[day - 1] ?? []).join(','),
  say: (days) => list(days, (day) => spokenWeekDays[day - 1]!),
});
