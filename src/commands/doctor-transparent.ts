/**
 * What `luytre doctor` says of transparent mode: the sockets handed over, the policy route, the nftables table. Each is of no use
 * without the others, and half of it leaves a school without web. Looks at the kernel through `ip` and `nft`; refuses to change it.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';

/** What is known; null where it can't be seen from here. */
export interface TransparentFacts {
  /** The socket unit is switched on, or the settings of the rules are there. */
  readonly wanted: boolean;
  /** What the running gateway says of its transparent port; null: it does not run. */
  readonly port: 'handed-over' | 'own' | 'off' | null;
  readonly route4: boolean | null;
  /** Null: no IPv6 in this kernel. */
  readonly route6: boolean | null;
  /** Null: only root may ask. */
  readonly table: boolean | null;
}

export interface TransparentFinding {
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly vi: string;
  readonly en: string;
  readonly remedyVi?: string;
  readonly remedyEn?: string;
}

const CONF = '/etc/luytre/net.conf';
const SOCKET_UNIT = '/etc/systemd/system/sockets.target.wants/luytre-transparent.socket';
/** As in deploy/luytre-net. */
const RULE = /fwmark 0x10000000\/0x10000000 lookup 20820/;
const TIMEOUT_MS = 4_000;

/** systemd holds the transparent port while the gateway is stopped. */
export function socketUnitEnabled(): boolean {
  return existsSync(SOCKET_UNIT);
}

export function transparentFindings(facts: TransparentFacts): TransparentFinding[] {
  const { port, route4, route6, table } = facts;
  const routed = route4 === true || route6 === true;
  if (!facts.wanted && port !== 'handed-over' && !routed && table !== true) return [];
  const out: TransparentFinding[] = [];
  if (port === 'handed-over') out.push({ check: 'transparent-socket', status: 'ok', vi: 'Cổng trong suốt: ổ cắm TPROXY đã được trao.', en: 'Transparent port: the TPROXY socket was handed over.' });
  else if (port !== null) {
    out.push({
      check: 'transparent-socket', status: 'fail', vi: 'Cổng trong suốt không nhận được gói của TPROXY: cổng lọc tự mở cổng ấy nên thiếu IP_TRANSPARENT.', en: 'The transparent port can’t take TPROXY packets: the gateway opened it itself, without IP_TRANSPARENT.',
      remedyVi: 'Chạy: systemctl stop luytre; systemctl enable --now luytre-transparent.socket; systemctl start luytre (không có systemd: deploy/luytre-socket)',
      remedyEn: 'Run: systemctl stop luytre; systemctl enable --now luytre-transparent.socket; systemctl start luytre (without systemd: deploy/luytre-socket)',
    });
  }
  const load = { remedyVi: 'Chạy: sudo deploy/luytre-net up (lâu dài: systemctl enable --now luytre-net)', remedyEn: 'Run: sudo deploy/luytre-net up (for good: systemctl enable --now luytre-net)' };
  const missing = [route4 === false ? 'IPv4' : '', route6 === false ? 'IPv6' : ''].filter((family) => family !== '').join(', ');
  if (missing !== '') out.push({ check: 'transparent-route', status: 'fail', vi: `Thiếu định tuyến theo dấu cho gói đã bắt (${missing}).`, en: `The policy route for captured packets is missing (${missing}).`, ...load });
  else if (route4 === null) out.push({ check: 'transparent-route', status: 'warn', vi: 'Không xem được định tuyến theo dấu: thiếu lệnh ip.', en: 'The policy route can’t be seen: the program ip is missing.', remedyVi: 'Chạy: apt-get install iproute2', remedyEn: 'Run: apt-get install iproute2' });
  else if (route6 === null) out.push({ check: 'transparent-route', status: 'ok', vi: 'Định tuyến theo dấu: có, chỉ IPv4 vì nhân này không có IPv6.', en: 'Policy route: there, for IPv4 only, since this kernel has no IPv6.' });
  else out.push({ check: 'transparent-route', status: 'ok', vi: 'Định tuyến theo dấu: có, cả IPv4 và IPv6.', en: 'Policy route: there, for IPv4 and IPv6.' });
  if (table === true) out.push({ check: 'transparent-rules', status: 'ok', vi: 'Bảng nftables của cổng lọc đã nạp.', en: 'The gateway’s nftables table is loaded.' });
  else if (table === false) out.push({ check: 'transparent-rules', status: 'fail', vi: 'Bảng nftables của cổng lọc chưa nạp: máy học sinh không bị bắt và không bị chặn.', en: 'The gateway’s nftables table is not loaded: devices are neither captured nor stopped.', ...load });
  else out.push({ check: 'transparent-rules', status: 'warn', vi: 'Chưa xem được bảng nftables: chỉ root được hỏi.', en: 'The nftables table can’t be seen: only root may ask.', remedyVi: 'Chạy: sudo deploy/luytre-net status', remedyEn: 'Run: sudo deploy/luytre-net status' });
  return out;
}

interface Ran {
  readonly code: number | null;
  readonly out: string;
}

/** `code` null: the program is not there. */
function run(program: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: TIMEOUT_MS, maxBuffer: 4 * 2 ** 20 }, (error, out) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : null, out });
    });
  });
}

export async function lookTransparent(port: TransparentFacts['port']): Promise<TransparentFacts> {
  const route = async (family: string): Promise<boolean | null> => {
    const { code, out } = await run('ip', [family, 'rule', 'show']);
    return code === 0 ? RULE.test(out) : null;
  };
  const root = process.getuid?.() === 0;
  const table = root ? await run('nft', ['list', 'table', 'inet', 'luytre']) : null;
  return {
    wanted: existsSync(CONF) || socketUnitEnabled(),
    port,
    route4: await route('-4'),
    route6: existsSync('/proc/self/net/if_inet6') ? await route('-6') : null,
    table: table === null || table.code === null ? null : table.code === 0,
  };
}
