/**
 * Action: everything the console can change or tell a script, as a value. One table (actions/all.ts) serves the pages' forms
 * (`POST /lam/NAME`), the API (`/api/v1`), its OpenAPI document and the test of who may do what.
 */
import type { z } from 'zod';
import type { SessionRow } from '../store/access-rows.js';
import type { Actor, Role } from '../store/rows.js';
import type { ConsoleDeps } from './deps.js';
import type { LongWork } from './tasks.js';
import type { Words } from './words.js';

/** Who asks. Roles are read anew with every request, so a change of role holds at once. */
export interface Who {
  readonly name: string;
  readonly role: Role;
  /** For the audit trail. */
  readonly actor: Actor;
  /** Null for a token. */
  readonly session: SessionRow | null;
}

/** A file a person keeps: a copy of the data, a certificate, a template. */
export interface FileAnswer {
  /** ASCII, as the browser saves it. */
  readonly name: string;
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
}

export interface Done<T> {
  readonly value: T;
  /** Said to a person after it is done; absent for reads. */
  readonly say?: Words;
  /** What the button "Hoàn tác" does in the ten seconds that follow. It runs as the same person, through the same checks of the store. */
  readonly undo?: () => void | Promise<void>;
  /** Work that goes on after the answer: the form leads to its page, the API gives its name in `Luytre-Task`. */
  readonly work?: LongWork;
  /** Sent instead of the value and of any page. */
  readonly file?: FileAnswer;
  /** Page to go on to, where it is not the one the form stood on. */
  readonly next?: string;
}

export interface Action<I extends z.ZodObject = z.ZodObject, O extends z.ZodType = z.ZodType> {
  /** `thing.verb`; stands in tokens and in form targets, so it never changes. */
  readonly name: string;
  /** GET reads and changes nothing. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below /api/v1; `{name}` parts are fields of the input. */
  readonly path: `/${string}`;
  readonly about: Words;
  readonly roles: readonly Role[];
  /** A person must show again who they are (password, and code where the account has one); a token can't. */
  readonly proof?: boolean;
  /** True when a verdict may come out differently: then the answer waits until the proxy threads have it. */
  readonly bearsOnVerdicts?: boolean;
  /** Most bytes of a body; 64 KiB unless it takes files. */
  readonly maxBytes?: number;
  /** What to do where more was sent than that, said beside a field of the page the form stands on; of what was typed nothing has been read. */
  readonly tooLarge?: { readonly page: string; readonly field: string; readonly words: Words };
  /** Types of the file it may answer with, for its description. */
  readonly files?: readonly string[];
  readonly input: I;
  readonly output: O;
  run(env: ConsoleDeps, who: Who, input: z.output<I>): Done<z.output<O>> | Promise<Done<z.output<O>>>;
}

/** Types an action by its schemas and lets it into the table. */
export function action<I extends z.ZodObject, O extends z.ZodType>(definition: Action<I, O>): Action {
  return definition as unknown as Action;
}
