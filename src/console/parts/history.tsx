/** "Ai đã đổi, vì sao": the last changes of an object out of the audit trail, folded away until it is asked for. */
import type { AuditRow } from '../../store/audit-rows.js';
import { actionWords, changesOf, changeText, reasonOf, type Saying } from '../audit-words.js';
import type { PageContext } from '../page.js';

const SHOWN = 10;
/** Looked through where a page keeps only some of them. */
const LOOKED_THROUGH = 40;
const CHANGES = 4;

export function History({ ctx, object, belongs, title, class: className }: {
  readonly ctx: PageContext;
  /** As the store names it in the trail: `thcs khieudam`, `school-allow host`, a room, a list, an account. */
  readonly object: string | readonly string[];
  /** Keeps what is about this thing where several have one name. */
  readonly belongs?: (row: AuditRow) => boolean;
  readonly title?: string;
  readonly class?: string;
}) {
  const { t, format, nowMs } = ctx;
  const objects = typeof object === 'string' ? [object] : object;
  const rows = objects
    .flatMap((name) => underAllNames(ctx, name))
    .filter(belongs ?? (() => true))
    .sort((a, b) => b.seq - a.seq)
    .slice(0, SHOWN);
  if (rows.length === 0) return null;
  return (
    <details class={className === undefined ? 'history' : `history ${className}`}>
      <summary>{title ?? t('Ai đã đổi, vì sao', 'Who changed this, and why')}</summary>
      <ol class="changes">
        {rows.map((row) => (
          <li>
            <b>{row.actor.name}</b> {actionWords(t, row.action)} <small>{format.moment(row.atMs, nowMs)}</small>
            <Details row={row} say={sayingOf(ctx)} />
          </li>
        ))}
      </ol>
    </details>
  );
}

/** A thing that was renamed has its earlier records under the name it had then; older ones of the new name are another's. */
function underAllNames(ctx: PageContext, object: string): AuditRow[] {
  const rows: AuditRow[] = [];
  let before = Infinity;
  for (let name: string | null = object; name !== null && rows.length < LOOKED_THROUGH; ) {
    const said: AuditRow[] = ctx.env.store.audit.about(name, LOOKED_THROUGH).filter(({ seq }) => seq < before);
    const renamed: AuditRow | undefined = said.find(({ action }) => action === 'zone.rename');
    rows.push(...said.filter(({ seq }) => renamed === undefined || seq >= renamed.seq));
    before = renamed?.seq ?? before;
    name = renamed === undefined ? null : formerNameIn(renamed);
  }
  return rows;
}

function formerNameIn(renamed: AuditRow): string | null {
  const before = JSON.parse(renamed.before ?? 'null') as { readonly name?: unknown } | null;
  return typeof before?.name === 'string' ? before.name : null;
}

function Details({ row, say }: { readonly row: AuditRow; readonly say: Saying }) {
  const changes = changesOf(row, say);
  const reason = reasonOf(row);
  if (changes.length === 0 && reason === null) return null;
  return (
    <small class="what">
      {changes.slice(0, CHANGES).map(changeText).join(' · ')}{changes.length > CHANGES ? ' …' : ''}
      {reason === null ? null : <q>{reason}</q>}
    </small>
  );
}

/** How this reader is told of a record. */
export function sayingOf(ctx: PageContext): Saying {
  const { profiles } = ctx.env.snapshot().data;
  return {
    t: ctx.t,
    format: ctx.format,
    nowMs: ctx.nowMs,
    profile: (id) => {
      const known = profiles.find((profile) => profile.id === id);
      return known === undefined ? null : ctx.t(known.name, known.nameEn);
    },
  };
}
