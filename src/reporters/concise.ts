/** One line a finding, as compilers print them: `path:line:column: level[check] message`. */
import { harmless } from '../util/text.js';
import { type Reporter, regionOf } from './places.js';

export const concise: Reporter = ({ findings }) =>
  findings
    .map((finding) => {
      const { line, column } = regionOf(finding.source, finding.at);
      const possible = finding.certainty === 'possible' ? ' (possible)' : '';
      return `${harmless(`${finding.source.name}:${line}:${column}: ${finding.level}[${finding.check}] ${finding.message}`)}${possible}\n`;
    })
    .join('');
