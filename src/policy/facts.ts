/** Facts: what is known of a request when it is judged. Memory only; nothing here says who the pupil is. */

export interface Facts {
  /** Canonical host (matching/hostname.ts). */
  readonly host: string;
  /** Position in `Snapshot.data.zones`; −1 = unknown device (strictest profile). */
  readonly zone: number;
  /** Origin-form path without query where the bytes can be seen (plain HTTP, level `inspect`), else null. Never kept. */
  readonly path: string | null;
  /** Judge as this profile whatever the zone says (`explain --profile`); −1: by zone and time. */
  readonly profile: number;
  /** The message itself is a question to a name server (DNS over HTTP, RFC 8484), whatever host it goes to. Absent: no, or not seen. */
  readonly nameQuery?: boolean;
  /** `?…` as written, only of hosts that carry another page in a parameter (matching/wrapper.ts). Never kept. */
  readonly query?: string;
  /** The target is one that only the programs of web proxies use, whatever host it is on. Absent: no, or not seen. */
  readonly webProxy?: boolean;
}
