/** DCCP packet types (RFC 4340, 5.1), separated by commas, in any case, never abbreviated (libxt_dccp.c). */
import { nameList } from './names.js';

/** The index is the type's number; INVALID is what iptables calls number 10. */
export const dccpTypeNames = [
  'REQUEST',
  'RESPONSE',
  'DATA',
  'ACK',
  'DATAACK',
  'CLOSEREQ',
  'CLOSE',
  'RESET',
  'SYNC',
  'SYNCACK',
  'INVALID',
] as const;

/** An empty list is read; it takes no packet. */
export const dccpTypes = nameList({ names: dccpTypeNames, what: 'DCCP packet type', anyCase: true, emptyParts: true });
