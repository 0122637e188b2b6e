/** SEAM: types first; the loader follows. File + environment → one frozen, validated Config; the only reader of process.env. */
export interface Config {
  /** File it came from, or null for the built-in defaults. */
  readonly file: string | null;
  readonly dataDir: string;
  readonly lang: 'vi' | 'en';
  readonly proxy: { readonly host: string; readonly port: number; readonly transparentPort: number | null; readonly workers: number };
  readonly pages: { readonly port: number };
  readonly console: { readonly host: string; readonly port: number };
  readonly network: {
    readonly clients: readonly string[];
    readonly hosts: Readonly<Record<string, readonly string[]>>;
    readonly dialPrivate: readonly string[];
    readonly ports: readonly number[];
    readonly dns: readonly string[];
    readonly trustedCa: string | null;
    readonly parentProxy: { readonly host: string; readonly port: number } | null;
    /** Names by which browsers may reach the gateway's own pages, besides its addresses. */
    readonly names: readonly string[];
    readonly connectionsPerClient: number;
  };
  readonly school: {
    readonly name: string | null;
    readonly hotline: string | null;
    readonly counsellor: string | null;
    readonly code: string | null;
    readonly levels: readonly string[];
    readonly ward: string | null;
  };
  readonly retention: { readonly eventDays: number; readonly hourDays: number; readonly dayYears: number; readonly requestDays: number; readonly auditMonths: number };
}
