/** Level `inspect` for a profile of a running gateway, the way a school gets it: proposed by the machine, approved by a head with a password. */
import { runCli, type TestGateway } from './gateway.js';

export const HEAD = 'hieu.truong';
export const HEAD_PASSWORD = 'Mot-mat-khau-rieng-2026';

/** Adds the head's account when it is not there, proposes, approves. */
export async function switchToInspect(gateway: TestGateway, profile: string): Promise<void> {
  const where = ['--config', gateway.config, '--data', gateway.data];
  const run = async (args: readonly string[], input?: string): Promise<string> => {
    const answer = await runCli([...args, ...where], input === undefined ? {} : { input });
    if (answer.code !== 0) throw new Error(`${args.join(' ')}: ${answer.err}`);
    return answer.out;
  };
  if (!(await run(['users', 'list', '--json'])).includes(`"name":"${HEAD}"`)) await run(['users', 'add', HEAD, '--role', 'head'], `${HEAD_PASSWORD}\n`);
  const { proposal } = JSON.parse(await run(['profiles', 'tls', profile, 'inspect', '--reason', 'thử', '--json'])) as { proposal: { id: number } };
  await run(['approvals', 'approve', String(proposal.id), '--as', HEAD], `${HEAD_PASSWORD}\n`);
}
