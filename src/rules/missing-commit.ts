/** A table without COMMIT. */
import { spanOf } from '../model/place.js';
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'missing-commit',
  category: 'load',
  level: 'error',
  summary: 'A table that no COMMIT closes.',
  why: 'iptables-restore hands a table to the kernel when it reads COMMIT. Without it nothing of the table is loaded, and the rules that were there before stay in force. Tables before it are loaded all the same, so the host is left with a mixture. The legacy back end also refuses a COMMIT at the very end of the file without a line end behind it.',
  advice:
    'End the table with a line that holds COMMIT and nothing else. If the file ends there, see whether it was cut off when it was copied.',
  examples: {
    find: [
      { title: 'a file that was cut off', text: '*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT' },
      {
        title: 'a last line without a line end, for the legacy back end',
        text: '*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT',
        backend: 'legacy',
      },
    ],
    leave: [
      { title: 'a table as iptables-save writes it', text: '*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n' },
      {
        title: 'a last line without a line end, for the nft back end',
        text: '*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT',
        backend: 'nft',
      },
    ],
  },
  checkDocument: (context) => {
    reportProblems('missing-commit')(context);
    const { document, source, backend, report } = context;
    const last = document.items.at(-1);
    if (last?.kind !== 'table' || !last.commit || last.commit.end !== source.text.length || backend === 'nft') return;
    report({
      at: spanOf(last.commit),
      table: last.name,
      level: backend === 'legacy' ? 'error' : 'info',
      message: `the file ends behind COMMIT without a line end: the legacy back end refuses the line and loads nothing of the table ${last.name}`,
      help: 'end the last line, too',
    });
  },
});
