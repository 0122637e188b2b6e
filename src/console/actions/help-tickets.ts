/** Actions of the counsellor: read what pupils left, answer, close. Nobody else's: the store asks again whose account it is. */
import { z } from 'zod';
import type { HelpTicketRow } from '../../store/ticket-rows.js';
import { action } from '../action.js';
import { both } from '../words.js';

const ticket = z.object({
  id: z.int(), message: z.string(), contact: z.string().nullable(), at: z.string(),
  state: z.enum(['open', 'answered', 'closed']), answer: z.string().nullable(), by: z.string().nullable(),
});
const id = z.int().min(1).meta({ vi: 'Số lời nhắn', en: 'Message' });

function shown(row: HelpTicketRow): z.output<typeof ticket> {
  return { id: row.id, message: row.message, contact: row.contact, at: new Date(row.atMs).toISOString(), state: row.state, answer: row.answer, by: row.by };
}

export const helpTicketActions = [
  action({
    name: 'ticket.list',
    method: 'GET',
    path: '/help-tickets',
    about: { vi: 'Lời nhắn của học sinh cho cán bộ tư vấn', en: 'Messages that pupils left for the counsellor' },
    roles: ['counsellor'],
    input: z.strictObject({}),
    output: z.object({ tickets: z.array(ticket) }),
    run: (env, who) => ({ value: { tickets: env.store.helpTickets.list(who.actor).map(shown) } }),
  }),
  action({
    name: 'ticket.answer',
    method: 'PUT',
    path: '/help-tickets/{id}/answer',
    about: { vi: 'Trả lời một lời nhắn; học sinh xem bằng mã', en: 'Answer a message; the pupil reads it by the code' },
    roles: ['counsellor'],
    input: z.strictObject({
      id,
      answer: z.string(both('Chưa viết trả lời.', 'Write the answer.')).trim().min(1, both('Chưa viết trả lời.', 'Write the answer.')).max(2_000)
        .regex(/^(?:[^\p{C}]|\n)*$/u, both('Có ký tự không hiện được; hãy gõ lại.', 'It holds characters that can’t be shown; type it again.')).meta({ vi: 'Trả lời', en: 'Answer' }),
    }),
    output: ticket,
    run(env, who, input) {
      const before = env.store.helpTickets.get(input.id, who.actor);
      const after = env.store.helpTickets.answer(input.id, input.answer.normalize('NFC'), env.now(), who.actor);
      return {
        value: shown(after),
        say: { vi: `Đã trả lời lời nhắn ${input.id}. Học sinh xem được bằng mã của mình.`, en: `Message ${input.id} is answered. The pupil can read it by the code.` },
        undo: () => env.store.helpTickets.undo(before, after, who.actor),
      };
    },
  }),
  action({
    name: 'ticket.close',
    method: 'POST',
    path: '/help-tickets/{id}/close',
    about: { vi: 'Khép lại một lời nhắn', en: 'Close a message' },
    roles: ['counsellor'],
    input: z.strictObject({ id }),
    output: ticket,
    run(env, who, input) {
      const before = env.store.helpTickets.get(input.id, who.actor);
      const after = env.store.helpTickets.close(input.id, env.now(), who.actor);
      return {
        value: shown(after),
        say: { vi: `Đã khép lại lời nhắn ${input.id}.`, en: `Message ${input.id} is closed.` },
        undo: () => env.store.helpTickets.undo(before, after, who.actor),
      };
    },
  }),
];
