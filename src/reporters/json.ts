/** The stable machine forms: `json`, one object, and `jsonl`, one finding a line and a summary line at the end. */
import type { Report } from '../diagnostic/report.js';
import { findingJson, type Reporter } from './places.js';

export const json: Reporter = (report) => {
  const { version, tool, inputs, ...rest } = head(report);
  return `${JSON.stringify({ version, tool, inputs, findings: report.findings.map(findingJson), ...rest }, null, 2)}\n`;
};

export const jsonl: Reporter = (report) => {
  const lines = report.findings.map((finding) => JSON.stringify({ type: 'finding', ...findingJson(finding) }));
  return `${[...lines, JSON.stringify({ type: 'summary', ...head(report) })].join('\n')}\n`;
};

const head = ({ tool, inputs, counts, unreadable, partlyUnread, inconclusive }: Report) => ({
  version: 1,
  tool: { name: tool.name, version: tool.version },
  inputs,
  summary: counts,
  unreadable,
  partlyUnread,
  inconclusive,
});
