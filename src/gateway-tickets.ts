/** Composition of the counsellor's desk: the pages hand messages to the store. What is refused is not told apart there, and nothing of it is logged. */
import type { TicketDesk } from './pages/ticket-page.js';
import type { Store } from './store/rows.js';

export function ticketDesk(store: Pick<Store, 'helpTickets'>, days: number, now: () => number = Date.now): TicketDesk {
  return {
    days,
    offered: () => store.helpTickets.offered(),
    byRef: (ref) => store.helpTickets.byRef(ref),
    add(ticket) {
      try {
        store.helpTickets.add({ ...ticket, atMs: now() });
        return true;
      } catch {
        // full, busy or no counsellor any more: the pupil is told to call 111
        return false;
      }
    },
  };
}
