/** ChannelError: everything that can be wrong with the signed channel, as a closed table of codes; each carries one clear sentence in both languages. */
import { SpokenError } from '../fault.js';

export const CHANNEL_CODES = [
  // the way there
  'unreachable', 'tls', 'status', 'not-there', 'too-big', 'too-slow', 'cut-short', 'not-plain', 'outside',
  // whom to believe
  'root-file', 'wrong-key', 'rollback', 'expired', 'mixed', 'malformed', 'clock',
  // what came
  'manifest', 'no-target', 'bad-line', 'bad-list', 'held', 'sealed', 'unknown-category', 'unknown-profile', 'name-taken', 'ends',
  // here
  'disk', 'busy',
  // the publisher's side
  'not-a-channel', 'exists', 'key-mode', 'key-missing', 'key-damaged', 'bad-wish', 'crl',
] as const;
export type ChannelCode = (typeof CHANNEL_CODES)[number];

export class ChannelError extends SpokenError<ChannelCode> {}
