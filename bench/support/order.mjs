/**
 * Who runs first on a machine that has to play all the parts. In a school the pupils, the sites and the staff are on machines of their own and wait for nobody here:
 * so who plays pupil and site runs as real-time, who plays the staff when nothing else wants to (`chrt`, util-linux; root or CAP_SYS_NICE).
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const POLICIES = ['other', 'fifo', 'rr', 'batch', '', 'idle', 'deadline'];

function schedule(pid, ...policy) {
  return spawnSync('chrt', ['--all-tasks', ...policy, String(pid)], { stdio: 'ignore' }).status === 0;
}

/** Above the proxy under test, which may be real-time itself. @returns whether it was allowed */
export const runFirst = (child) => schedule(child.pid, '--rr', '--pid', '2');
/** Gives way at once to whatever else wants to run. */
export const runLast = (child) => schedule(child.pid, '--idle', '--pid', '0');
export const runAsAll = (child) => schedule(child.pid, '--other', '--pid', '0');

/** How the kernel runs a thread of a process: `rr`, `other`, …; null where it is not told. */
export function policyOf(pid, name) {
  try {
    const tid = readdirSync(`/proc/${pid}/task`).find((id) => readFileSync(`/proc/${pid}/task/${id}/comm`, 'utf8').trim() === name);
    const fields = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
    return POLICIES[Number(fields[38])] ?? null;
  } catch {
    return null;
  }
}

/** True where the kernel shares the processor by login session first: nice values then say nothing between sessions. */
export function sharesBySession() {
  try {
    return readFileSync('/proc/sys/kernel/sched_autogroup_enabled', 'utf8').trim() === '1';
  } catch {
    return false;
  }
}
