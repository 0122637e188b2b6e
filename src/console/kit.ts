/** The parts that live as long as the console, built on what the gateway gives it; the tests build them on a clock of their own. */
import { createProof } from './access/proof.js';
import { createSessions } from './access/session.js';
import { createThrottle } from './access/throttle.js';
import type { ConsoleDeps } from './deps.js';
import type { Kit } from './http.js';
import { createTasks } from './tasks.js';
import { createUndo } from './undo.js';

export function createKit(env: ConsoleDeps): Kit {
  const proof = createProof(env, createThrottle(env.now));
  const undo = createUndo(env.now);
  const tasks = createTasks(env.now);
  return {
    env,
    proof,
    undo,
    tasks,
    sessions: createSessions(env.store.sessions, env.now),
    run: {
      env,
      undo,
      tasks,
      // The session itself stands for the address: whoever has it is let no more tries than its account.
      passwordFits: async (who, password) => (await proof.password(who.name, password, `session ${who.session?.hash.toString('hex') ?? ''}`)) !== null,
      codeFits: (who, code) => {
        const user = who.session?.user;
        const place = `session ${who.session?.hash.toString('hex') ?? ''}`;
        if (user === undefined || !proof.code(user, code, place)) return false;
        proof.cameIn(user, place);
        return true;
      },
    },
  };
}
