/** The signed channel's rows. A poll that brought nothing writes two small rows and no audit record; a deny list that changed is audited by its size. */
import type { ChannelRow, ChannelState, ChannelStore, DenyRow } from './channel-rows.js';
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import { StoreError } from './store-error.js';

interface Stored {
  readonly root_sha256: string;
  readonly rev: number;
  readonly state: string;
}

export function createChannel(db: Connection, changer: Changer): ChannelStore {
  const read = db.prepare('SELECT root_sha256, rev, state FROM channel WHERE id = 1');
  const put = db.prepare(
    `INSERT INTO channel (id, root_sha256, rev, state) VALUES (1, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET root_sha256 = excluded.root_sha256, rev = excluded.rev, state = excluded.state`,
  );
  const putMetadata = db.prepare('INSERT INTO channel_metadata (role, bytes) VALUES (?, ?)');
  const readDeny = db.prepare('SELECT lines, packed FROM channel_deny WHERE kind = ?');
  const putDeny = db.prepare(
    'INSERT INTO channel_deny (kind, lines, packed) VALUES (?, ?, ?) ON CONFLICT (kind) DO UPDATE SET lines = excluded.lines, packed = excluded.packed',
  );
  const dropDeny = db.prepare('DELETE FROM channel_deny WHERE kind = ?');

  const row = (): ChannelRow | null => {
    const stored = read.get() as Stored | undefined;
    if (stored === undefined) return null;
    return { rootSha256: stored.root_sha256, rev: stored.rev, state: JSON.parse(stored.state) as ChannelState };
  };
  const deny = (kind: string): DenyRow | null => (readDeny.get(kind) as DenyRow | undefined) ?? null;

  return {
    row,
    metadata: () => new Map(db.prepare('SELECT role, bytes FROM channel_metadata').raw().all() as [string, Uint8Array][]),
    deny,
    write(change, actor) {
      changer.change(false, actor, (note) => {
        const rev = row()?.rev ?? 0;
        if (rev !== change.rev) throw new StoreError('changed-since', 'Một tiến trình khác vừa nhận từ kênh; hãy thử lại.', 'Another process has just taken from the channel; try again.');
        put.run(change.rootSha256, rev + 1, JSON.stringify(change.state));
        db.prepare('DELETE FROM channel_metadata').run();
        for (const [role, bytes] of change.metadata) putMetadata.run(role, bytes);
        for (const [kind, next] of change.deny ?? []) {
          const before = deny(kind);
          if (next === null) dropDeny.run(kind);
          else putDeny.run(kind, next.lines, next.packed);
          note('channel.deny', kind, before === null ? null : { lines: before.lines }, next === null ? null : { lines: next.lines });
        }
      });
    },
    forget(actor) {
      changer.change(false, actor, (note) => {
        const before = row();
        if (before === null) return;
        for (const table of ['channel_metadata', 'channel_deny', 'channel']) db.prepare(`DELETE FROM ${table}`).run();
        note('channel.forget', 'channel', { targets: before.state.targetsVersion }, null);
      });
    },
  };
}
