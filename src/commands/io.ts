/** The only file that touches the outside: standard streams, files, folders. The rest of the program is handed texts and hands back texts. */
import { isUtf8 } from 'node:buffer';
import {
  existsSync,
  fstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from './command.js';
import { tuneFor } from './tune.js';

/** A stream that is written to. */
export interface Output {
  readonly isTerminal: boolean;
  /** Width of the terminal; null: not a terminal, or not known. */
  readonly columns: number | null;
  readonly write: (text: string) => void;
}

/** The outside as a command sees it; tests hand in their own. */
export interface Streams {
  readonly stdin: { readonly isTerminal: boolean; readonly read: () => Promise<Uint8Array> };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/**
 * The process's own streams, read and written by their numbers: Node's objects for them bring its networking along, 3 to 5 ms of every start. A reader
 * that goes away (EPIPE) is no fault: what is left is dropped, the exit code stays what it is.
 */
export const processStreams = (): Streams => ({
  stdin: {
    get isTerminal() {
      return isTerminal(0);
    },
    read: readStdin,
  },
  stdout: outputOf(1, () => process.stdout),
  stderr: outputOf(2, () => process.stderr),
  env: process.env,
  cwd: workingFolder(),
});

/** Only devices can be terminals, and only for them Node's part that knows is loaded. */
const isTerminal = (fd: number): boolean => {
  try {
    return fstatSync(fd).isCharacterDevice() && process.getBuiltinModule('node:tty').isatty(fd);
  } catch {
    return false;
  }
};

/** The working folder; where it was removed under our feet, the root, so that whole paths still work. */
const workingFolder = (): string => {
  try {
    return process.cwd();
  } catch {
    process.chdir('/');
    return process.cwd();
  }
};

/**
 * A stream of this process by its number, written to at once. What it does not take at once (EAGAIN: whoever shares the pipe made it non-blocking) goes to
 * Node's own stream, which waits, and so does all that comes after. Terminals that nobody has told their size (`script`, serial lines, some CI
 * runners) say 0 columns.
 */
export const outputOf = (fd: number, streamOf: () => NodeJS.WriteStream): Output => {
  let isOpen = true;
  let waiting: NodeJS.WriteStream | null = null;
  const onFault = (error: NodeJS.ErrnoException): void => {
    isOpen = false;
    if (error.code === 'EPIPE') return;
    if (fd !== 2) outputOf(2, () => process.stderr).write(`iptlint: cannot write standard output: ${faultOf(error)}\n`);
    process.exit(2);
  };
  const isDevice = isTerminal(fd);
  return {
    isTerminal: isDevice,
    get columns() {
      const columns = isDevice ? streamOf().columns : 0;
      return columns > 0 ? columns : null;
    },
    write: (text) => {
      if (!isOpen || text === '') return;
      const bytes = Buffer.from(encode(text));
      let written = 0;
      try {
        while (!waiting && written < bytes.length) written += writeSync(fd, bytes, written);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return onFault(error as NodeJS.ErrnoException);
        waiting = streamOf();
        waiting.on('error', onFault);
      }
      waiting?.write(bytes.subarray(written));
    },
  };
};

/** All of standard input. What is not there at once (EAGAIN: it was made non-blocking) is waited for by Node's own stream. */
const readStdin = async (): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(0x10000);
      const length = readSync(0, chunk);
      if (length === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, length));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw new UsageError(`cannot read standard input: ${faultOf(error)}`);
  }
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
};

/** A text, or why there is none (a phrase for after the path). */
export type Reading = { readonly text: string } | { readonly fault: string };

/** Reads a file as text. */
export const readText = (path: string): Reading => {
  try {
    return decode(readFileSync(path));
  } catch (error) {
    return { fault: faultOf(error) };
  }
};

/** Writes a file whole: to a neighbour first, then renamed, so that a reader never sees half of it. Makes missing folders. Returns a fault or null. */
export const writeText = (path: string, text: string): string | null => {
  try {
    mkdirSync(dirname(path), { recursive: true });
    if (existsSync(path) && !statSync(path).isFile()) {
      writeFileSync(path, encode(text)); // /dev/stdout, a named pipe
      return null;
    }
    const neighbour = `${path}.${process.pid}.tmp`;
    writeFileSync(neighbour, encode(text));
    renameSync(neighbour, path);
    return null;
  } catch (error) {
    return faultOf(error);
  }
};

/** `file`, `folder`, or null where there is nothing. */
export const kindOf = (path: string): 'file' | 'folder' | null => {
  try {
    return statSync(path).isDirectory() ? 'folder' : 'file';
  } catch {
    return null;
  }
};

/** Bytes of a file; 0 where it cannot be told. */
export const sizeOf = (path: string): number => {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
};

/** Names in a folder, sorted, folders with a slash behind them; empty where it cannot be read. */
export const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .sort();
  } catch {
    return [];
  }
};

/** A path as reports show it: relative to the working folder where it lies inside, `/` between. */
export const shownPath = (path: string, cwd: string): string => slashed(inside(resolve(cwd, path), cwd) ?? path);

/** A path from the root of its repository (a checkout's root in CI, else the folder holding `.git`, else the working folder); absolute outside. */
export const pathFromRoot = (cwd: string, env: Streams['env']): ((path: string) => string) => {
  const root = env.GITHUB_WORKSPACE || env.CI_PROJECT_DIR || repositoryOf(cwd) || cwd;
  return (path) => {
    const whole = resolve(cwd, path);
    if (!isAbsolute(path) && !existsSync(whole)) return path; // a name given to standard input
    return slashed(inside(whole, root) ?? whole);
  };
};

/** The nearest folder upward that holds `.git`; null: none. */
export const repositoryOf = (folder: string): string | null => upward(folder).find((place) => existsSync(join(place, '.git'))) ?? null;

/** The folder, its parent, and so on up to the root. */
export const upward = (folder: string): string[] => {
  const folders = [resolve(folder)];
  for (let parent = dirname(folders[0]!); parent !== folders[folders.length - 1]; parent = dirname(parent)) folders.push(parent);
  return folders;
};

/** The `file://` URL of a path, for terminals. */
export const fileUrl = (path: string, cwd: string): string => pathToFileURL(resolve(cwd, path)).href;

export { basename, dirname, join, resolve };

const inside = (path: string, folder: string): string | null => {
  const way = relative(folder, path);
  return way === '' || way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? null : way;
};

const slashed = (path: string): string => (sep === '/' ? path : path.split(sep).join('/'));

const faultOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'no such file',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EISDIR: 'is a folder',
    ENOTDIR: 'a part of the path is not a folder',
    ENOSPC: 'no space left',
    EROFS: 'the file system is read-only',
    ERR_FS_FILE_TOO_LARGE: 'too large to read at once (2 GiB at most)',
    ERR_STRING_TOO_LONG: 'too large to read at once (512 MiB at most)',
  };
  return known[code ?? ''] ?? message;
};

/**
 * Bytes to text. Bytes that are not UTF-8 become lone surrogates, one for each (0x80 is U+DC80 ... 0xFF is U+DCFF), which `encode` turns
 * back into the same bytes: text never holds lone surrogates otherwise, for UTF-8 has none.
 */
export const decode = (bytes: Uint8Array): Reading => {
  tuneFor(bytes.length);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer[0] === 0x1f && buffer[1] === 0x8b) return { fault: 'is compressed (gzip); unpack it first: zcat FILE | iptlint' };
  if ((buffer[0] === 0xff && buffer[1] === 0xfe) || (buffer[0] === 0xfe && buffer[1] === 0xff))
    return { fault: 'is UTF-16 text; iptables-restore reads plain bytes, save it as UTF-8' };
  try {
    if (isUtf8(buffer)) return { text: buffer.toString('utf8') };
    // In pieces of whole lines, so that only those with such bytes take the slow way: 190 MB with one such byte take 2.9 s, by single lines 4.8 s.
    const parts: string[] = [];
    for (let start = 0; start < buffer.length; ) {
      const end = buffer.indexOf(10, start + 0x10000) + 1 || buffer.length;
      const piece = buffer.subarray(start, end);
      parts.push(isUtf8(piece) ? piece.toString('utf8') : decodePiece(piece));
      start = end;
    }
    return { text: parts.join('') };
  } catch (error) {
    return { fault: faultOf(error) };
  }
};

const decodePiece = (piece: Buffer): string => {
  let text = '';
  let good = 0;
  for (let at = 0; at < piece.length; ) {
    const length = piece[at]! < 0x80 ? 1 : sequenceAt(piece, at);
    if (length > 0) at += length;
    else {
      text += piece.toString('utf8', good, at) + String.fromCharCode(0xdc00 + piece[at]!);
      good = ++at;
    }
  }
  return text + piece.toString('utf8', good);
};

/** Length of the UTF-8 sequence of two to four bytes at a place; 0: none. */
const sequenceAt = (piece: Buffer, at: number): number => {
  const lead = piece[at]!;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  return at + length <= piece.length && isUtf8(piece.subarray(at, at + length)) ? length : 0;
};

/** Text to bytes, the way back of `decode`. */
export const encode = (text: string): string | Buffer => {
  if (!/\p{Surrogate}/u.test(text)) return text;
  const parts = text.split(/([\udc80-\udcff])/u);
  return Buffer.concat(
    parts.map((part, index) => (index % 2 === 1 ? Buffer.from([part.charCodeAt(0) - 0xdc00]) : Buffer.from(part, 'utf8'))),
  );
};
