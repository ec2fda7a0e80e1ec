/** Times, dates and days of the time match. */
import { expect, test } from 'vitest';
import { calendarTime, clockTime, monthDays, weekDays } from '../../../grammar/values/date-time.js';
import { printed, said } from './reading.js';

test.each([
  ['9:5', '09:05:00'],
  ['1:2:3', '01:02:03'],
  ['12:30:', '12:30:00'],
  ['24:00', 'refused: "24:00" is not a time of day'],
  ['23:60', 'refused: "23:60" is not a time of day'],
  ['12', 'refused: "12" is not a time of day'],
])('--timestart %s is saved as %s', (word, saved) => {
  expect(printed(clockTime, word)).toBe(saved);
});

test.each([
  ['2030', '2030-01-01T00:00:00'],
  ['2030-2-3T4:5', '2030-02-03T04:05:00'],
  ['2030-02-31', '2030-03-03T00:00:00'],
  ['1970-01-01', '1970-01-01T00:00:00'],
  ['2030-13-01', 'refused: "2030-13-01" is not a date from 1970 to 2038, YYYY-MM-DDThh:mm:ss'],
  ['2039', 'refused: "2039" is not a date from 1970 to 2038, YYYY-MM-DDThh:mm:ss'],
  ['2030-01-01 12:00', 'refused: "2030-01-01 12:00" is not a date from 1970 to 2038, YYYY-MM-DDThh:mm:ss'],
])('--datestart %s is saved as %s', (word, saved) => {
  expect(printed(calendarTime, word)).toBe(saved);
});

test.each([
  ['31,1,01,', '1,31'],
  ['0', ''],
  ['32', 'refused: "32" is not a day of a month'],
  ['1-5', 'refused: "1-5" is not a day of a month'],
])('--monthdays %s is saved as %s', (word, saved) => {
  expect(printed(monthDays, word)).toBe(saved);
});

test.each([
  ['Su,Mo', 'Mon,Sun'],
  ['1,Tuesday,7', 'Mon,Tue,Sun'],
  ['Mon,', 'Mon'],
  ['8', ''],
  ['mon', 'refused: "mon" is not a day of the week (Mon to Sun, or 1 to 7)'],
  ['0', 'refused: "0" is not a day of the week (Mon to Sun, or 1 to 7)'],
  ['Mo,,Tu', 'refused: "" is not a day of the week (Mon to Sun, or 1 to 7)'],
])('--weekdays %s is saved as %s', (word, saved) => {
  expect(printed(weekDays, word)).toBe(saved);
});

test('they are said without what goes without saying', () => {
  expect(said(clockTime, '09:00:00')).toBe('09:00');
  expect(said(clockTime, '09:00:30')).toBe('09:00:30');
  expect(said(calendarTime, '2030-02')).toBe('2030-02-01');
  expect(said(calendarTime, '2030-02-01T12')).toBe('2030-02-01 12:00:00');
  expect(said(weekDays, 'Sat,Sun')).toBe('Saturday or Sunday');
  expect(said(weekDays, 'Mon,Tue,Wed,Sun')).toBe('Monday to Wednesday or Sunday');
  expect(said(monthDays, '1,2,4,5,6,31')).toBe('1, 2, 4 to 6 or 31');
});
