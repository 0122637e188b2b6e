/**
 * Operational log (pino) with a closed list of fields, so that nothing about a person can be passed in:
 * a field that is not in `Fields` does not type-check, and there is none for an address, a host, a path or an account.
 * The only importer of pino.
 */
import { pino } from 'pino';

/** Everything an operational log line may carry. Numbers, codes and names of our own parts. */
export interface Fields {
  readonly part?: 'gateway' | 'proxy' | 'pages' | 'store' | 'lists' | 'jobs' | 'policy' | 'console' | 'channel';
  readonly code?: string;
  readonly port?: number;
  readonly worker?: number;
  readonly generation?: number;
  readonly count?: number;
  readonly dropped?: number;
  readonly ms?: number;
  readonly job?: string;
  readonly list?: string;
  readonly version?: string;
}

export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** Fields that may pass, checked again at run time: types do not survive a cast. */
const ALLOWED: readonly (keyof Fields)[] = ['part', 'code', 'port', 'worker', 'generation', 'count', 'dropped', 'ms', 'job', 'list', 'version'];

function closed(fields: Fields | undefined): Record<string, string | number> {
  const out: Record<string, string | number> = {};
  if (fields === undefined) return out;
  for (const key of ALLOWED) {
    const value = fields[key];
    if (value !== undefined) out[key] = value;
  }
  return out;
}

/** Opens the log on stderr (JSON lines; journald adds the rest). Host name and pid are left out on purpose. */
export function createLog(level: 'info' | 'warn' | 'error' | 'silent' = 'info'): Log {
  const sink = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    pino.destination({ dest: 2, sync: true }),
  );
  return {
    info: (message, fields) => sink.info(closed(fields), message),
    warn: (message, fields) => sink.warn(closed(fields), message),
    error: (message, fields) => sink.error(closed(fields), message),
  };
}
