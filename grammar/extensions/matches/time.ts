/** `-m time`: when a packet arrives. */
import { none as never } from '../../packet/predicate.js';
import {
  allMonthDays,
  calendarTime,
  clockTime,
  endOfDay,
  endOfTime,
  monthDays,
  printCalendarTime,
  printClockTime,
  sayCalendarTime,
  sayClockTime,
  weekDays,
} from '../../values/date-time.js';
import { none } from '../../values/value.js';
import { defineMatch, phrase, type Use } from '../define.js';
import { ask, join } from '../spell.js';

interface Options {
  readonly dateStart?: Use<number>;
  readonly dateStop?: Use<number>;
  readonly timeStart?: Use<number>;
  readonly timeStop?: Use<number>;
  readonly monthDays?: Use<readonly number[]>;
  readonly weekDays?: Use<readonly number[]>;
  readonly contiguous?: Use<true>;
  readonly kernelTimeZone?: Use<true>;
  readonly localTimeZone?: Use<true>;
}

const allWeekDays: readonly number[] = [1, 2, 3, 4, 5, 6, 7];

/**
 * Days as the kernel keeps them: a negated set is the set of the others. Day 0, which is none, has its bit too: a "!" turns the bits of days round and
 * leaves that one.
 */
const daysOf = (use: Use<readonly number[]> | undefined, all: readonly number[]): readonly number[] => {
  if (!use?.negated) return use?.value ?? all;
  return [...(use.value[0] === 0 ? [0] : []), ...all.filter((day) => !use.value.includes(day))];
};

/** Every day, and nothing besides. */
const isAll = (days: readonly number[], all: readonly number[]): boolean => days[0] !== 0 && days.length === all.length;

const isNone = (days: readonly number[]): boolean => days.every((day) => day === 0);

/** With every default in its place. */
const normal = (given: Options) => ({
  dateStart: given.dateStart?.value ?? 0,
  dateStop: given.dateStop?.value ?? endOfTime,
  timeStart: given.timeStart?.value ?? 0,
  timeStop: given.timeStop?.value ?? endOfDay,
  monthDays: daysOf(given.monthDays, allMonthDays),
  weekDays: daysOf(given.weekDays, allWeekDays),
  contiguous: given.contiguous !== undefined,
  kernelTimeZone: given.kernelTimeZone !== undefined || given.localTimeZone !== undefined,
});

/** Three days and more in a row. */
const isRun = (days: readonly number[]): boolean => days.length > 2 && days.at(-1)! - days[0]! === days.length - 1;

const context = { family: 4, negated: false } as const;

const print = (given: Options): string => {
  const { dateStart, dateStop, timeStart, timeStop, monthDays: days, weekDays: weekdays, contiguous, kernelTimeZone } = normal(given);
  const isWholeDay = timeStart === 0 && timeStop === endOfDay;
  return join(
    !isWholeDay && `--timestart ${printClockTime(timeStart)} --timestop ${printClockTime(timeStop)}`,
    !isAll(days, allMonthDays) && `--monthdays ${monthDays.print(days, context)}`,
    !isAll(weekdays, allWeekDays) && `--weekdays ${weekDays.print(weekdays, context)}`,
    dateStart !== 0 && `--datestart ${printCalendarTime(dateStart)}`,
    dateStop !== 0 && `--datestop ${printCalendarTime(dateStop)}`,
    kernelTimeZone && '--kerneltz',
    contiguous && '--contiguous',
  );
};

export const time = defineMatch({
  name: 'time',
  manual: 'iptables-extensions(8) time; net/netfilter/xt_time.c',
  decidedBy: 'surroundings',
  options: {
    dateStart: { flag: '--datestart', value: calendarTime },
    dateStop: { flag: '--datestop', value: calendarTime },
    timeStart: { flag: '--timestart', value: clockTime },
    timeStop: { flag: '--timestop', value: clockTime },
    monthDays: { flag: '--monthdays', value: monthDays, negatable: true },
    weekDays: { flag: '--weekdays', value: weekDays, negatable: true },
    contiguous: { flag: '--contiguous', value: none },
    utc: { flag: '--utc', value: none, excludes: ['kernelTimeZone', 'localTimeZone'] },
    kernelTimeZone: { flag: '--kerneltz', value: none, excludes: ['utc'] },
    // Its old name, which may stand beside it.
    localTimeZone: { flag: '--localtz', value: none, excludes: ['utc'] },
  },
  check: (given) => {
    const { timeStart, timeStop, contiguous } = normal(given);
    return contiguous && timeStart < timeStop ? '--contiguous makes sense only where --timestop is before --timestart' : undefined;
  },
  matches: (given) => {
    const when = normal(given);
    if (isNone(when.monthDays) || isNone(when.weekDays) || when.dateStart > when.dateStop) return never;
    return ask('time', 'surroundings', print(given), when);
  },
  save: print,
  say: (given) => {
    const when = normal(given);
    const { dateStart, dateStop, timeStart, timeStop, contiguous, kernelTimeZone } = when;
    const days = when.monthDays.filter((day) => day !== 0);
    const weekdays = when.weekDays.filter((day) => day !== 0);
    const words: string[] = [];
    if (timeStart !== 0 || timeStop !== endOfDay)
      words.push(`between ${sayClockTime(timeStart)} and ${sayClockTime(timeStop)}${contiguous ? ' of the next day' : ''}`);
    if (weekdays.length < allWeekDays.length)
      words.push(weekdays.length === 0 ? 'on no day of the week' : `${isRun(weekdays) ? 'from' : 'on'} ${weekDays.say(weekdays, context)}`);
    if (days.length < allMonthDays.length)
      words.push(
        days.length === 0 ? 'on no day of the month' : `on day${isRun(days) ? 's' : ''} ${monthDays.say(days, context)} of the month`,
      );
    if (dateStart !== 0) words.push(`from ${sayCalendarTime(dateStart)}${dateStop === endOfTime ? ' on' : ''}`);
    if (dateStop !== endOfTime) words.push(`until ${sayCalendarTime(dateStop)}`);
    return words.length === 0 ? [] : [phrase('condition', `${words.join(' ')} (${kernelTimeZone ? "the kernel's time zone" : 'UTC'})`)];
  },
  examples: [
    {
      rule: '-m time --timestart 9:00 --timestop 17:30 --weekdays Mo,Fri',
      saved: '-m time --timestart 09:00:00 --timestop 17:30:00 --weekdays Mon,Fri --datestop 2038-01-19T03:14:07',
      says: 'between 09:00 and 17:30 on Monday or Friday (UTC)',
    },
    {
      rule: '-m time ! --weekdays 6,7',
      saved: '-m time --weekdays Mon,Tue,Wed,Thu,Fri --datestop 2038-01-19T03:14:07',
      says: 'from Monday to Friday',
    },
    {
      rule: '-m time --datestart 2030-02 --datestop 2030-03-01T12',
      saved: '-m time --datestart 2030-02-01T00:00:00 --datestop 2030-03-01T12:00:00',
      says: 'from 2030-02-01 until 2030-03-01 12:00:00 (UTC)',
    },
    {
      rule: '-m time --timestart 22:00 --timestop 6:00 --contiguous --kerneltz',
      saved: '-m time --timestart 22:00:00 --timestop 06:00:00 --datestop 2038-01-19T03:14:07 --kerneltz --contiguous',
      says: "between 22:00 and 06:00 of the next day (the kernel's time zone)",
    },
    { rule: '-m time --contiguous', refused: '--timestop' },
    { rule: '-m time --timestart 24:00', refused: 'not a time of day' },
    { rule: '-m time --weekdays mon', refused: 'not a day of the week' },
    { rule: '-m time --utc --kerneltz', refused: 'cannot stand together' },
  ],
});
