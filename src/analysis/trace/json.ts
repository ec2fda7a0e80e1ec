/** The JSON form of a trace: a line a packet (the command line contract, trace). */
import { printAddress, protocolName } from '../../../grammar/index.js';
import type { FieldValue } from './evaluate.js';
import { Unknown } from './unknown.js';
import type { SeenPacket, TraceBy, TraceResult, TraceStep, TraceVerdict, TraceWay } from './walk.js';

/** A packet after translation; what is not known is null. */
export interface SeenJson {
  readonly at: string | null;
  readonly src: string | null;
  readonly dst: string | null;
  readonly proto: string;
  readonly sport?: number | null;
  readonly dport?: number | null;
  readonly ttl: number;
  readonly tos: number;
  readonly len: number;
  readonly mark?: number | null;
}

/** A way that the packet may go. */
export interface WayJson {
  readonly assumes: readonly { readonly question: string; readonly answer: boolean; readonly line: number | null }[];
  readonly matched: readonly number[];
  readonly verdict: TraceVerdict;
  readonly by: TraceBy;
}

export interface TraceJson {
  readonly id: string | number | null;
  readonly matched: readonly number[];
  readonly verdict: TraceVerdict;
  readonly certain: boolean;
  readonly by: TraceBy;
  readonly where: 'local' | 'forward' | 'out' | null;
  readonly seen: readonly SeenJson[];
  readonly trace: readonly TraceStep[];
  /** Where it is not certain: what the answer hangs on, what would settle it, and the ways that the packet may go. */
  readonly reasons?: readonly { readonly reason: string; readonly help: string }[];
  readonly ways?: readonly WayJson[];
  readonly truncated?: true;
}

const known = (value: FieldValue): number | bigint | null => (typeof value === 'number' || typeof value === 'bigint' ? value : null);

const address = (value: FieldValue): string | null => {
  const found = known(value);
  return found === null ? null : printAddress(found);
};

export const seenJson = ({ at, flight }: SeenPacket): SeenJson => {
  const { headers } = flight;
  const hasPorts = headers.sourcePort !== undefined;
  return {
    at: at instanceof Unknown ? null : at,
    src: address(flight.field('source')),
    dst: address(flight.field('destination')),
    proto: protocolName(headers.protocol),
    ...(hasPorts
      ? { sport: known(flight.field('sourcePort')) as number | null, dport: known(flight.field('destinationPort')) as number | null }
      : {}),
    ttl: headers.ttl,
    tos: headers.tos,
    len: headers.length,
    ...(flight.mark === 0 ? {} : { mark: flight.mark instanceof Unknown ? null : flight.mark }),
  };
};

const wayJson = ({ assumes, matched, verdict, by }: TraceWay): WayJson => ({
  assumes: assumes.map(({ question, answer, line }) => ({ question: question.reason, answer, line })),
  matched,
  verdict,
  by,
});

/** One packet's trace as JSON. */
export const traceJson = (result: TraceResult): TraceJson => ({
  id: result.packet.id,
  matched: result.matched,
  verdict: result.verdict,
  certain: result.certain,
  by: result.by,
  where: result.where,
  seen: result.seen ? [seenJson(result.seen)] : [],
  trace: result.trace,
  ...(result.certain
    ? {}
    : {
        reasons: result.reasons.map(({ reason, help }) => ({ reason, help })),
        ways: result.ways.map(wayJson),
        ...(result.truncated ? { truncated: true as const } : {}),
      }),
});
