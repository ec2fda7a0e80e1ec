/** `iptlint config init|show|schema`: a first configuration file, the one that holds here, and its JSON Schema. */
import { configNames, firstConfig } from '../config/config.js';
import { configSchema } from '../config/schema.js';
import { closest } from '../util/closest.js';
import { type Command, UsageError } from './command.js';
import { configPath, loadConfig, refuseUnknownNames } from './configuration.js';
import { dirname, join, kindOf, resolve, shownPath, writeText } from './io.js';

const actions = ['init', 'show', 'schema'] as const;

export const config: Command = {
  name: 'config',
  usage: 'init|show|schema [FILE]',
  words: 2,
  summary: 'write, show or describe the configuration',
  about: `init writes a first ${configNames[0]} into the working folder. show prints the configuration that holds for FILE, or for the working folder, as JSON, \
and where it stands. schema prints the JSON Schema of the file.`,
  flags: {},
  firstWords: actions,
  examples: [
    ['iptlint config init', `write ${configNames[0]}`],
    ['iptlint config show rules.v4', 'what holds for a file'],
    ['iptlint config schema > schema.json', 'for an editor'],
  ],
  run: async (given, { streams, engine }) => {
    const { cwd, stdout, stderr } = streams;
    const [action, file] = given.words;
    switch (action) {
      case 'schema':
        stdout.write(`${JSON.stringify(configSchema, null, 2)}\n`);
        return 0;
      case 'init': {
        const there = configNames.map((name) => join(cwd, name)).find((path) => kindOf(path) !== null);
        if (there) throw new UsageError(`${shownPath(there, cwd)} is there already`);
        const fault = writeText(join(cwd, configNames[0]), firstConfig);
        if (fault) throw new UsageError(`cannot write ${configNames[0]}: ${fault}`);
        stderr.write(`iptlint: wrote ${configNames[0]}\n`);
        return 0;
      }
      case 'show': {
        const place = resolve(cwd, file ?? '.');
        const path = configPath(kindOf(place) === 'folder' ? place : dirname(place));
        if (path === null) {
          stderr.write('iptlint: there is no configuration here; all is default\n');
          stdout.write('{}\n');
          return 0;
        }
        const found = await loadConfig(path, streams);
        const { checks } = await engine();
        for (const part of [found.config, ...(found.config.overrides ?? [])]) refuseUnknownNames(part, checks, shownPath(path, cwd));
        stderr.write(`iptlint: ${shownPath(path, cwd)}\n`);
        stdout.write(`${JSON.stringify(found.config, null, 2)}\n`);
        return 0;
      }
      default: {
        const near = action === undefined ? null : closest(action, actions);
        throw new UsageError(
          `config takes ${actions.join(', ')}${action === undefined ? '' : `, not ${action}`}${near ? `; did you mean ${near}?` : ''}`,
        );
      }
    }
  },
};
