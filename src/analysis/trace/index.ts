/** The door of the trace room: one packet at a time, rule by rule. */
export { type Assumption, assumed, readAssumption } from './assume.js';
export { askedOf } from './evaluate.js';
export type { SeenJson, TraceJson, WayJson } from './json.js';
export { seenJson, traceJson } from './json.js';
export { readNotation } from './notation.js';
export { readPacket, type TracePacket } from './packet.js';
export { replyTo } from './reply.js';
export type { Host } from './routing.js';
export { type Answer, Unknown } from './unknown.js';
export {
  type SeenPacket,
  type TraceBy,
  type TraceContext,
  type TraceEvent,
  type TraceResult,
  Tracer,
  type TraceStep,
  type TraceVerdict,
  type TraceWay,
} from './walk.js';
