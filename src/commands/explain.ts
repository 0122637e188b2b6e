/** `luytre explain`: why an address is allowed or blocked: one with its whole reasoning, several in short, 50,000 a second from a pipe. */
import type { Command } from 'commander';
import { parseAddress } from '../matching/address.js';
import { decide } from '../policy/decide.js';
import type { Action, Decision, Layer, Reason } from '../policy/decision.js';
import { createDecisionCache } from '../policy/decision-cache.js';
import { ACTION_WORDS, LAYER_WORDS, REASON_WORDS, stepWords } from '../policy/decision-words.js';
import { explain, factsOf, type Ladder } from '../policy/explain.js';
import { zoneState } from '../policy/schedule.js';
import type { Snapshot } from '../policy/snapshot.js';
import { createZoneFinder } from '../policy/zone.js';
import { knownProfile, knownZone } from './check.js';
import { currentSnapshot } from './current-policy.js';
import { CommandError, type CommandEnv, type Run } from './env.js';
import { parseInstant } from './time.js';

interface ExplainOptions {
  profile?: string;
  zone?: string;
  client?: string;
  at?: string;
}

/** What one line of `--json` says (contract.md, Command). */
interface Explanation {
  url: string;
  host: string | null;
  profile: string;
  zone: string | null;
  action: Action;
  cell: string | null;
  category: string | null;
  reason: Reason;
  layer: Layer;
  list: { name: string; version: string } | null;
  rule: string | null;
}

export function registerExplain(program: Command, run: Run): void {
  program
    .command('explain <urls...>')
    .description('vì sao một địa chỉ được mở hay bị chặn; «-» đọc từ stdin (why an address is open or blocked; "-" reads stdin)')
    .option('--profile <profile>', 'hồ sơ lọc (profile)')
    .option('--zone <zone>', 'phòng (zone)')
    .option('--client <ip>', 'địa chỉ máy: tìm phòng theo địa chỉ (client address: finds the zone)')
    .option('--at <time>', 'thời điểm, ISO-8601 (instant)')
    .action(run((env, urls: string[], options: ExplainOptions) => tellAll(env, urls, options)));
}

async function tellAll(env: CommandEnv, urls: readonly string[], options: ExplainOptions): Promise<void> {
  const at = options.at === undefined ? env.now() : parseInstant(options.at, env.now());
  const profileId = options.profile === undefined ? null : knownProfile(env, options.profile);
  const snapshot = await currentSnapshot(env);
  const zone = zoneOf(env, snapshot, options);
  const profile = profileId === null ? -1 : (snapshot.profileById.get(profileId) ?? -1);
  const asked = { profile: snapshot.data.profiles[profile >= 0 ? profile : zoneState(snapshot, zone, at).profile]?.id ?? '', zone: zone < 0 ? null : (snapshot.data.zones[zone]?.name ?? null) };
  const judge = createJudge(snapshot, zone, profile, at, asked);
  for (const url of urls) {
    if (url === '-') {
      await fromStdin(env, judge, asked);
      continue;
    }
    const told = judge(url);
    if (told === null) throw new CommandError(2, `«${url}» không phải địa chỉ web hợp lệ.`, `"${url}" is not a valid web address.`);
    if (env.json) env.say.json(told);
    else sayVerdict(env, told, snapshot);
    const facts = env.json || urls.length > 1 ? null : factsOf(url, zone, profile);
    if (facts !== null) for (const ladder of explain(facts, snapshot, at).ladders) sayLadder(env, ladder, snapshot);
  }
}

function zoneOf(env: CommandEnv, snapshot: Snapshot, options: ExplainOptions): number {
  if (options.zone !== undefined) {
    return snapshot.zoneByName.get(knownZone(env, options.zone)) ?? -1;
  }
  if (options.client === undefined) return -1;
  if (parseAddress(options.client) === null) throw new CommandError(2, `«${options.client}» không phải địa chỉ IP.`, `"${options.client}" is not an IP address.`);
  return createZoneFinder(snapshot)({ address: options.client, port: 0, mac: null, login: null });
}

/** For whom it was asked, as every answer names it. */
type Asked = Pick<Explanation, 'profile' | 'zone'>;

function createJudge(snapshot: Snapshot, zone: number, profile: number, at: number, asked: Asked): (url: string) => Explanation | null {
  const cache = createDecisionCache({ perZone: 50_000 });
  return (url) => {
    const facts = factsOf(url, zone, profile);
    if (facts === null) return null;
    const decision: Decision = facts.path === null || facts.path === '/' ? cache.decide(facts, snapshot, at) : decide(facts, snapshot, at);
    return {
      url,
      host: decision.host,
      profile: asked.profile,
      zone: asked.zone,
      action: decision.action,
      cell: decision.cell,
      category: snapshot.data.categories[decision.category]?.code ?? null,
      reason: decision.reason,
      layer: decision.layer,
      list: decision.list,
      rule: decision.rule,
    };
  };
}

const UNREADABLE: Omit<Explanation, 'url' | keyof Asked> = { host: null, action: 'block', cell: null, category: null, reason: 'malformed', layer: 'base', list: null, rule: null };
/** Longer than any address; of what is longer only the beginning is kept, and answered. */
const MAX_LINE = 65_536;

/** Lines in, lines out, in chunks; an unreadable line is answered as blocked and malformed, never skipped, and ends nothing. */
async function fromStdin(env: CommandEnv, judge: (url: string) => Explanation | null, asked: Asked): Promise<void> {
  let rest = '';
  const decoder = new TextDecoder();
  const lineOut = (line: string): string => {
    const url = line.length > MAX_LINE ? `${line.slice(0, 200)}…` : line.trim();
    if (url === '') return '';
    const told = judge(url) ?? { ...UNREADABLE, ...asked, url };
    return env.json ? `${JSON.stringify(told)}\n` : `${told.action}\t${told.layer}\t${told.category ?? '-'}\t${told.reason}\t${url}\n`;
  };
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE) rest = rest.slice(0, MAX_LINE + 1);
    let out = '';
    for (const line of lines) out += lineOut(line);
    if (out !== '' && !process.stdout.write(out)) await new Promise<void>((resolve) => process.stdout.once('drain', () => resolve()));
  }
  if (rest !== '') process.stdout.write(lineOut(rest));
}

function sayVerdict(env: CommandEnv, told: Explanation, snapshot: Snapshot): void {
  const category = snapshot.data.categories[snapshot.categoryByCode.get(told.category ?? '') ?? -1];
  const words = REASON_WORDS[told.reason];
  env.say.out(`${env.t(ACTION_WORDS[told.action].vi, told.action).toUpperCase()}  ${told.host}`);
  env.say.out(`  ${env.t('hồ sơ', 'profile')}: ${told.profile}${told.zone === null ? '' : ` · ${env.t('phòng', 'zone')}: ${told.zone}`}`);
  env.say.out(`  ${env.t('lý do', 'reason')}: ${told.reason} – ${env.t(words.vi, words.en)}`);
  env.say.out(`  ${env.t('tầng quyết định', 'layer')}: ${told.layer}${told.cell === null ? '' : ` · ${env.t('ô', 'cell')}: ${told.cell}`}`);
  if (category !== undefined) env.say.out(`  ${env.t('nhóm', 'category')}: ${category.code} – ${env.t(category.name, category.nameEn)}`);
  if (told.list !== null) env.say.out(`  ${env.t('danh sách', 'list')}: ${told.list.name}, ${env.t('phiên bản', 'version')} ${told.list.version}`);
  if (told.rule !== null) env.say.out(`  ${env.t('quy tắc', 'rule')}: ${told.rule}`);
}

/** From top to bottom: the first layer that speaks decides. A second ladder is that of the page which the first carries (translation, archive). */
function sayLadder(env: CommandEnv, { host, steps }: Ladder, snapshot: Snapshot): void {
  env.say.out('');
  env.say.out(`  ${env.t(`từng bước xét ${host}`, `step by step, ${host}`)}:`);
  for (const [i, step] of steps.entries()) {
    const layer = LAYER_WORDS[step.layer];
    const said = stepWords(step, snapshot.data.categories);
    env.say.out(`  ${step.outcome === 'decides' ? '▶' : ' '} ${String(i + 1).padStart(2)}. ${env.t(layer.vi, layer.en)} – ${env.t(said.vi, said.en)}`);
  }
}
