/**
 * A school without any proxy setting: what leaves a room through the gateway machine, with the shipped nftables rules and TPROXY, in
 * network namespaces. First the same wires without the rules, so that what is refused later is refused by them.
 */
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/gateway.js';
import { LAB, startNetLab, whyNoLab, TCP_PORTS, UDP_PORTS, type NetLab, type Place, type Ran } from '../support/net-lab.js';

const why = whyNoLab();
if (why !== null) {
  // Where it can run it must (.ci/run): a skipped proof is none.
  if (process.env['LUYTRE_TEST_NET'] === 'required') throw new Error(why);
  console.warn(`skipped: ${why}`);
}

const PROBE = join(import.meta.dirname, '../support/net-probe.py');
const { sites, gateway, dns } = LAB;
let lab: NetLab;

/** What one probe met, and how soon. */
async function probe(place: Place, ...args: string[]): Promise<{ met: string; ms: number }> {
  const ran = await lab.run(place, 'python3', PROBE, ...args);
  const [met = '', ms = '0'] = ran.out.trim().split('\n').at(-1)?.split(' ') ?? [];
  return { met: met === '' ? ran.err : met, ms: Number(ms) };
}

/**
 * A UDP probe that is refused. The kernel sends a device at most six "unreachable" in a row and then one a second (icmp_ratelimit), so
 * the silence after many probes is asked again; an answer of the world never becomes a refusal by that.
 */
async function refusedUdp(place: Place, ...args: string[]): Promise<{ met: string; ms: number }> {
  for (let tries = 1; ; tries++) {
    const got = await probe(place, ...args);
    if (got.met !== 'silence' || tries === 4) return got;
    await new Promise((resolve) => setTimeout(resolve, 1_200));
  }
}

const literal = (address: string): string => (address.includes(':') ? `[${address}]` : address);
/** As a browser would ask, with the address its own name server (or a hosts file) gave it. */
const web = (place: Place, url: string, at: string, ...more: string[]): Promise<Ran> => {
  const { hostname, protocol } = new URL(url);
  return lab.curl(place, '-i', '--resolve', `${hostname}:${protocol === 'https:' ? 443 : 80}:${literal(at)}`, ...more, url);
};
const trusting = (address: string): string[] => ['--cacert', lab.certificate(address)];

/** A true ClientHello of `bytes` bytes in all: one of Node's with the padding extension (RFC 7685) at its end. */
async function bigHello(name: string, bytes: number): Promise<Buffer> {
  const hello = await new Promise<Buffer>((resolve) => {
    const server = net.createServer((socket) => socket.on('error', () => undefined).once('data', (chunk) => {
      resolve(chunk);
      socket.destroy();
      server.close();
    }));
    server.listen(0, '127.0.0.1', () => tls.connect({ port: (server.address() as net.AddressInfo).port, servername: name }).on('error', () => undefined));
  });
  const pad = bytes - hello.length - 4;
  const out = Buffer.concat([hello, Buffer.from([0, 21, pad >> 8, pad & 255]), Buffer.alloc(pad)]);
  const sessionAt = 5 + 4 + 2 + 32;
  const suitesAt = sessionAt + 1 + (hello[sessionAt] ?? 0);
  const compressionAt = suitesAt + 2 + hello.readUInt16BE(suitesAt);
  const extensionsAt = compressionAt + 1 + (hello[compressionAt] ?? 0);
  out.writeUInt16BE(hello.readUInt16BE(3) + pad + 4, 3);
  out.writeUIntBE(hello.readUIntBE(6, 3) + pad + 4, 6, 3);
  out.writeUInt16BE(hello.readUInt16BE(extensionsAt) + pad + 4, extensionsAt);
  return out;
}

/** The world calls a device in the room over UDP, both families: what the device heard, what the world heard of it. */
async function firstPacket(): Promise<string[][]> {
  const met: string[][] = [];
  for (const at of [LAB.room.v4, LAB.room.v6]) {
    const device = probe('room', 'wait', '5000');
    await new Promise((resolve) => setTimeout(resolve, 700));
    const stranger = await probe('world', 'udp', at, '5000');
    met.push([(await device).met, stranger.met]);
  }
  return met;
}

describe.skipIf(why !== null)('a school in namespaces', () => {
  beforeAll(async () => {
    lab = await startNetLab();
    await lab.startGateway();
    for (const args of [['Phòng máy', '--profile', 'thcs', '--cidr', '10.77.0.0/24', '--cidr', 'fd77::/64'], ['Máy giáo viên', '--profile', 'giao-vien', '--mac', LAB.device.mac]]) {
      expect(await lab.cli('zones', 'add', ...args)).toMatchObject({ code: 0, err: '' });
    }
  });
  afterAll(async () => lab.end());

  describe('without the rules', () => {
    it('the wires are there: web, UDP, DNS, VPN ports and bare protocols all reach the world', async () => {
      lab.mark();
      expect((await web('room', 'http://hitclub.com/', sites.hit)).out).toContain(`http ${sites.hit}`);
      expect((await web('room', 'https://hitclub.com/', sites.hit6, ...trusting(sites.hit6))).out).toContain(`https ${sites.hit6}`);
      expect(lab.visits('http')[0]?.from).toBe(LAB.room.v4);
      for (const port of UDP_PORTS) expect([port, (await probe('room', 'udp', sites.olm, String(port))).met]).toEqual([port, 'answer']);
      for (const port of TCP_PORTS) expect([port, (await probe('room', 'tcp', sites.olm, String(port))).met]).toEqual([port, 'bytes-77']);
      expect((await probe('room', 'dns', dns, 'olm.vn')).met).toBe(sites.olm);
      expect((await probe('room', 'ping', sites.olm)).met).toBe('answer');
      for (const protocol of ['47', '50', '41', '4', '132']) {
        const heard = probe('world', 'hear', protocol, '4');
        await new Promise((resolve) => setTimeout(resolve, 500));
        await probe('room', 'raw', sites.olm, protocol);
        expect([protocol, (await heard).met]).toEqual([protocol, 'heard']);
      }
    });

    it('a stranger who sends the first packet gets an answer', async () => {
      expect(await firstPacket()).toEqual([['heard', 'answer'], ['heard', 'answer']]);
    });

    it('X6: the world is refused by the gateway itself', async () => {
      lab.mark();
      for (const port of [3128, 3129]) expect((await lab.curl('world', '-i', '-H', 'Host: olm.vn', `http://${gateway.wan4}:${port}/`)).out).toMatch(/^HTTP\/1\.1 403 [^]*X-Luytre-Reason: client-not-allowed/);
    });
  });

  describe('with the rules', () => {
    let old: Promise<{ met: string }>;
    beforeAll(async () => {
      // opened while nothing stood in its way
      old = probe('room', 'hold', sites.hit, '80', lab.file('go'));
      await until(() => lab.visits('http').some(({ host, from }) => host === 'hitclub.com' && from === LAB.room.v4), 10_000, 'the old connection');
      expect(await lab.net('up', lab.conf())).toMatchObject({ code: 0, err: '' });
    });

    /** What doctor says of transparent mode, as root on the gateway machine. */
    async function transparentSays(): Promise<Record<string, string>> {
      const lines = (await lab.cli('doctor', '--json')).out.trim().split('\n').map((line) => JSON.parse(line) as { check: string; status: string });
      return Object.fromEntries(lines.filter(({ check }) => check.startsWith('transparent')).map(({ check, status }) => [check, status]));
    }

    it('a connection that was open before the rules came is cut off', async () => {
      lab.mark();
      writeFileSync(lab.file('go'), '');
      expect((await old).met).toMatch(/ECONNRESET|closed/);
      expect(lab.visits()).toEqual([]);
    });

    it('HTTP is captured and judged without any proxy setting, IPv4 and IPv6', async () => {
      lab.mark();
      const open = await web('room', 'http://olm.vn/', sites.olm);
      expect(open.out).toMatch(new RegExp(`^HTTP/1\\.1 200 [^]*http ${sites.olm}`));
      const open6 = await web('room', 'http://vnedu.vn/', sites.olm6);
      expect(open6.out).toContain(`http ${sites.olm6}`);
      // the gateway itself called, under its own address: X5, its own connections are not captured again
      expect(lab.visits('http')).toEqual([
        { kind: 'http', address: sites.olm, from: gateway.wan4, host: 'olm.vn', sni: null }, { kind: 'http', address: sites.olm6, from: gateway.wan6, host: 'vnedu.vn', sni: null },
      ]);
      lab.mark();
      for (const at of [sites.hit, sites.hit6]) {
        const closed = await web('room', 'http://hitclub.com/', at);
        expect(closed.out).toMatch(/^HTTP\/1\.1 403 [^]*X-Luytre-Reason: hard-category[^]*<html/);
        // what the page links to is where this room can reach the gateway
        expect(closed.out).toContain(at === sites.hit ? `http://${gateway.room4}:8080/` : `http://[${gateway.room6}]:8080/`);
      }
      expect(lab.visits()).toEqual([]);
    });

    it('HTTPS is captured and judged, with the site’s own certificate; a blocked one fails at once', async () => {
      lab.mark();
      expect((await web('room', 'https://olm.vn/', sites.olm, ...trusting(sites.olm))).out).toContain(`https ${sites.olm}`);
      expect((await web('room', 'https://vnedu.vn/', sites.olm6, ...trusting(sites.olm6))).out).toContain(`https ${sites.olm6}`);
      expect(lab.visits('https').map(({ address, from, sni }) => [address, from, sni])).toEqual([[sites.olm, gateway.wan4, 'olm.vn'], [sites.olm6, gateway.wan6, 'vnedu.vn']]);
      lab.mark();
      for (const at of [sites.hit, sites.hit6]) {
        const closed = await web('room', 'https://hitclub.com/', at, ...trusting(at));
        // 35: TLS handshake refused, by an alert, not by a time-out
        expect([closed.code, closed.out]).toEqual([35, '']);
        expect(closed.ms).toBeLessThan(4_000);
      }
      expect(lab.visits()).toEqual([]);
    });

    it('SafeSearch holds for captured connections too', async () => {
      lab.mark();
      expect((await web('room', 'https://www.google.com/search?q=x', sites.google, ...trusting(sites.safe))).out).toContain(`https ${sites.safe}`);
      expect(lab.visits('https').map(({ address, sni }) => [address, sni])).toEqual([[sites.safe, 'www.google.com']]);
    });

    it('T7, H5: a false address from a hosts file changes nothing: the name decides, and our own resolution of it is called', async () => {
      lab.mark();
      expect((await web('room', 'https://olm.vn/', sites.hit, ...trusting(sites.olm))).out).toContain(`https ${sites.olm}`);
      expect((await web('room', 'http://olm.vn/', sites.hit)).out).toContain(`http ${sites.olm}`);
      expect((await web('room', 'https://hitclub.com/', sites.olm, ...trusting(sites.olm))).code).toBe(35);
      expect((await web('room', 'http://hitclub.com/', sites.olm)).out).toMatch(/^HTTP\/1\.1 403 /);
      expect(new Set(lab.visits().filter(({ kind }) => kind !== 'dns').map(({ address }) => address))).toEqual(new Set([sites.olm]));
    });

    it('T5: without a server name a pupil gets nothing; a teacher gets the address asked for, where it is open', async () => {
      lab.mark();
      const hello = (await bigHello('', 1_700)).toString('hex');
      const pupil = await lab.run('room', 'openssl', 's_client', '-connect', `${sites.bare}:443`, '-noservername', '-brief');
      expect(pupil.code).not.toBe(0);
      expect((await probe('room', 'tcp', sites.bare, '443', hello)).met).toBe('bytes-15');
      expect((await web('room', `http://${sites.bare}/`, sites.bare)).out).toMatch(/^HTTP\/1\.1 403 [^]*X-Luytre-Reason: uncategorised-blocked/);
      expect(lab.visits()).toEqual([]);
      await teacherIsKnown();
      expect((await lab.curl('device', '-k', `https://${sites.bare}/`)).out).toContain(`https ${sites.bare}`);
    });

    async function teacherIsKnown(): Promise<void> {
      // the neighbour table is read every 15 seconds
      await until(async () => (await web('device', 'https://www.google.com/', sites.google, ...trusting(sites.google))).code === 0, 30_000, 'the device by its MAC');
    }

    it('a device is known by its MAC in the neighbour table, a room by its range', async () => {
      await teacherIsKnown();
      lab.mark();
      expect((await web('device', 'https://www.google.com/', sites.safe, ...trusting(sites.google))).out).toContain(`https ${sites.google}`);
      expect((await web('room', 'https://www.google.com/', sites.google, ...trusting(sites.safe))).out).toContain(`https ${sites.safe}`);
      // a zone with a listener of its own on 443: what is captured on its way to 443 did not come in there
      expect(await lab.cli('zones', 'add', 'Cổng riêng', '--profile', 'giao-vien', '--port', '443')).toMatchObject({ code: 0 });
      expect(await lab.cli('zones', 'add', 'Cổng thường', '--profile', 'giao-vien', '--port', '80')).toMatchObject({ code: 0 });
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      expect((await web('room', 'https://www.google.com/', sites.google, ...trusting(sites.safe))).out).toContain(`https ${sites.safe}`);
      expect((await web('room', 'http://www.google.com/', sites.google)).out).toContain(`http ${sites.safe}`);
      // another card: nobody we know, the strictest profile
      const cards = await lab.run('device', 'ip', 'link', 'set', 'eth0', 'address', '02:00:00:00:78:99');
      expect(cards.code).toBe(0);
      await until(async () => (await web('device', 'https://www.google.com/', sites.google, '-k')).code === 35, 40_000, 'the stranger');
      await lab.run('device', 'ip', 'link', 'set', 'eth0', 'address', LAB.device.mac);
    });

    it('D1: other name servers are refused at once, over UDP and TCP', async () => {
      lab.mark();
      for (const more of [[], ['tcp']]) {
        const { met, ms } = await refusedUdp('room', 'dns', dns, 'hitclub.com', ...more);
        expect([more, met]).toEqual([more, 'ECONNREFUSED']);
        expect(ms).toBeLessThan(1_500);
      }
      expect(lab.visits()).toEqual([]);
    });

    it('D1: or turned to the school’s resolver, whomever they were addressed to', async () => {
      expect(await lab.net('up', lab.conf([`DNS=${dns}`]))).toMatchObject({ code: 0, err: '' });
      for (const more of [[], ['tcp']]) expect((await probe('room', 'dns', '93.184.216.99', 'olm.vn', ...more)).met).toBe(sites.olm);
      expect((await refusedUdp('room', 'udp', dns, '443')).met).toBe('ECONNREFUSED');
      expect(await lab.net('up', lab.conf(['DNS=gateway']))).toMatchObject({ code: 0, err: '' });
      // nobody answers there in this lab; what counts is that the stranger is not asked
      lab.mark();
      expect((await refusedUdp('room', 'dns', dns, 'olm.vn')).met).toBe('ECONNREFUSED');
      expect(lab.visits('dns')).toEqual([]);
      expect(await lab.net('up', lab.conf())).toMatchObject({ code: 0 });
    });

    it('D2, D3, Q1, Q2: DoT, DoQ, and QUIC on any port: refused at once, so that clients fall back to what is judged', async () => {
      lab.mark();
      expect((await lab.run('room', 'openssl', 's_client', '-connect', `${sites.olm}:853`, '-alpn', 'dot')).err).toMatch(/refused/i);
      const initial = Buffer.concat([Buffer.from('c300000001088394c8f03e5157080000449e', 'hex'), Buffer.alloc(1_182, 1)]).toString('hex');
      for (const at of [sites.olm, sites.olm6]) {
        for (const port of ['443', '80', '8443', '853', '784', '5353']) {
          const { met, ms } = await refusedUdp('room', 'udp', at, port, initial);
          expect([at, port, met]).toEqual([at, port, 'ECONNREFUSED']);
          expect(ms).toBeLessThan(1_500);
        }
      }
      expect(lab.visits()).toEqual([]);
    });

    it('V1: OpenVPN, IPsec, L2TP, PPTP, WireGuard, and bare GRE, ESP, 6in4, IPIP, SCTP: nothing gets out', async () => {
      lab.mark();
      for (const port of ['500', '1194', '1701', '4500', '51820', '123']) expect([port, (await refusedUdp('room', 'udp', sites.olm, port)).met]).toEqual([port, 'ECONNREFUSED']);
      for (const port of ['1194', '1723', '51820']) expect([port, (await probe('room', 'tcp', sites.olm, port)).met]).toEqual([port, 'ECONNREFUSED']);
      for (const protocol of ['47', '50', '41', '4', '132']) {
        const heard = probe('world', 'hear', protocol, '1.5');
        await new Promise((resolve) => setTimeout(resolve, 500));
        await probe('room', 'raw', sites.olm, protocol);
        expect([protocol, (await heard).met]).toEqual([protocol, 'silence']);
      }
      expect(lab.visits()).toEqual([]);
    });

    it('no way out without the gateway: SSH, other ports, an address made up, IPv6, ping', async () => {
      lab.mark();
      for (const [at, port] of [[sites.olm, '22'], [sites.olm, '8443'], [sites.olm6, '22'], [sites.olm6, '8443']] as const) {
        const { met, ms } = await probe('room', 'tcp', at, port);
        expect([at, port, met]).toEqual([at, port, 'ECONNREFUSED']);
        expect(ms).toBeLessThan(1_500);
      }
      // in no range of the school's, yet on the room's cable
      expect((await lab.run('gateway', 'ip', 'route', 'add', '10.99.0.9/32', 'dev', 'lan0')).code).toBe(0);
      for (const port of ['80', '443', '22']) expect((await probe('room', 'from', '10.99.0.9', sites.olm, port)).met).toBe('ECONNREFUSED');
      expect((await refusedUdp('room', 'ping', sites.olm)).met).toBe('refused');
      expect(lab.visits()).toEqual([]);
      expect((await probe('room', 'ping', gateway.room4)).met).toBe('answer');
    });

    it('a stranger who sends the first packet has not opened a way out', async () => {
      expect(await firstPacket()).toEqual([['heard', 'silence'], ['heard', 'silence']]);
    });

    it('the explicit proxy works beside it, over both families', async () => {
      for (const at of [gateway.room4, literal(gateway.room6)]) {
        lab.mark();
        const through = ['-x', `http://${at}:3128`, '--noproxy', ''];
        expect((await lab.curl('room', ...through, 'http://olm.vn/')).out).toContain(`http ${sites.olm}`);
        expect((await lab.curl('room', ...through, ...trusting(sites.olm), 'https://olm.vn/')).out).toContain(`https ${sites.olm}`);
        expect((await lab.curl('room', '-i', ...through, 'http://hitclub.com/')).out).toMatch(/^HTTP\/1\.1 403 /);
        expect((await lab.curl('room', ...through, 'https://hitclub.com/')).code).toBe(56);
        expect(lab.visits().filter(({ kind, address }) => kind !== 'dns' && address !== sites.olm)).toEqual([]);
      }
      expect((await lab.curl('room', `http://${gateway.room4}:8080/proxy.pac`)).out).toContain('FindProxyForURL');
    });

    it('X5: no way to make the gateway call itself', async () => {
      lab.mark();
      // a name that leads to the gateway, captured
      expect((await web('room', 'http://hocmai.vn/', sites.olm)).out).toMatch(/^HTTP\/1\.1 403 [^]*X-Luytre-Reason: own-address/);
      expect((await web('room', 'https://hocmai.vn/', sites.olm)).code).toBe(35);
      for (const port of [3128, 3129, 8443]) {
        const loop = await lab.curl('room', '-i', '-x', `http://${gateway.room4}:3128`, '--noproxy', '', `http://${gateway.wan4}:${port}/`);
        expect([port, loop.out.slice(0, 12)]).toEqual([port, 'HTTP/1.1 403']);
      }
      // straight to the transparent port: like any other client of it
      expect((await lab.curl('room', '-i', '-H', 'Host: hitclub.com', `http://${gateway.room4}:3129/`)).out).toMatch(/^HTTP\/1\.1 403 /);
      expect(lab.visits().filter(({ kind }) => kind !== 'dns')).toEqual([]);
    });

    it('X6: to the world the gateway’s ports are not there', async () => {
      for (const port of [3128, 3129, 8080, 8443]) {
        const asked = await lab.curl('world', '-m', '1', '-H', 'Host: olm.vn', `http://${gateway.wan4}:${port}/`);
        expect([port, asked.code]).toEqual([port, 28]);
      }
    });

    it.each([1_886, 1_922, 2_018, 4_000])('a ClientHello of %i bytes over a narrow link, in packets of any size, is read whole', async (bytes) => {
      for (const mss of ['1200', '88']) {
        lab.mark();
        const good = await bigHello('olm.vn', bytes);
        expect(good).toHaveLength(bytes);
        // 16: the origin's ServerHello; 15: our alert
        expect([mss, (await probe('room', 'tcp', sites.hit, '443', good.toString('hex'), mss)).met]).toEqual([mss, 'bytes-16']);
        expect(lab.visits('tls').map(({ address }) => address)).toEqual([sites.olm]);
        expect([mss, (await probe('room', 'tcp', sites.olm, '443', (await bigHello('hitclub.com', bytes)).toString('hex'), mss)).met]).toEqual([mss, 'bytes-15']);
        expect(lab.visits('tls')).toHaveLength(1);
      }
    });

    it('free devices and direct places are left alone, and nothing else is', async () => {
      expect(await lab.net('up', lab.conf([`FREE=${LAB.device.v4}`, `DIRECT=${sites.bare}`]))).toMatchObject({ code: 0, err: '' });
      lab.mark();
      expect((await probe('device', 'udp', sites.olm, '443')).met).toBe('answer');
      expect((await probe('room', 'tcp', sites.bare, '22')).met).toBe('bytes-77');
      expect((await probe('room', 'tcp', sites.olm, '22')).met).toBe('ECONNREFUSED');
      expect(lab.visits().map(({ kind, from }) => [kind, from])).toEqual([['udp', LAB.device.v4], ['tcp', LAB.room.v4]]);
      expect(await lab.net('up', lab.conf(['OTHERS=open']))).toMatchObject({ code: 0, err: '' });
      expect((await probe('room', 'tcp', sites.olm, '22')).met).toBe('bytes-77');
      for (const port of ['443', '853', '1194', '51820']) expect([port, (await refusedUdp('room', 'udp', sites.olm, port)).met]).toEqual([port, 'ECONNREFUSED']);
      expect(await lab.net('up', lab.conf())).toMatchObject({ code: 0 });
    });

    it('loading again gives the same; a bad file changes nothing; doctor and status agree', async () => {
      const rules = async (): Promise<string> => (await lab.run('gateway', 'nft', '-s', 'list', 'ruleset')).out;
      const before = await rules();
      expect(await lab.net('up', lab.conf())).toMatchObject({ code: 0, err: '' });
      expect(await rules()).toBe(before);
      for (const family of ['-4', '-6']) expect((await lab.run('gateway', 'ip', family, 'rule', 'show')).out.match(/fwmark/g)).toHaveLength(1);
      for (const [line, sentence] of [['LAN=10.77.0.0/99', /were refused/], ['LAN=$(reboot)', /dòng 3: có ký tự lạ/], ['MANG=1', /dòng 3: không có khóa «MANG»/], ['OTHERS=maybe', /closed hoặc open/]] as const) {
        const refused = await lab.net('up', lab.conf([line]));
        expect([line, refused.code]).toEqual([line, 1]);
        expect(refused.err).toMatch(sentence);
      }
      expect(await rules()).toBe(before);
      expect(await lab.net('status')).toMatchObject({ code: 0 });
      expect(await transparentSays()).toEqual({ 'transparent-socket': 'ok', 'transparent-route': 'ok', 'transparent-rules': 'ok' });
    });

    it('with the gateway stopped the way is closed, not open; it comes back by itself', async () => {
      await lab.stopGateway();
      lab.mark();
      for (const [place, at, port] of [['room', sites.olm, '80'], ['room', sites.olm, '443'], ['room', sites.olm6, '443'], ['device', sites.olm, '443']] as const) {
        expect([place, at, port, (await probe(place, 'tcp', at, port)).met]).toEqual([place, at, port, 'ECONNREFUSED']);
      }
      expect(lab.visits()).toEqual([]);
      await lab.startGateway();
      expect((await web('room', 'https://olm.vn/', sites.olm, ...trusting(sites.olm))).out).toContain(`https ${sites.olm}`);
    });

    it('down takes all of it away, and nothing else', async () => {
      expect((await lab.run('gateway', 'nft', 'add', 'table', 'inet', 'truong')).code).toBe(0);
      expect(await lab.net('down')).toMatchObject({ code: 0, err: '' });
      expect((await lab.run('gateway', 'nft', 'list', 'ruleset')).out.trim()).toMatch(/^table inet truong \{\n\}$/);
      for (const family of ['-4', '-6']) {
        expect((await lab.run('gateway', 'ip', family, 'rule', 'show')).out).not.toContain('fwmark');
        expect((await lab.run('gateway', 'ip', family, 'route', 'show', 'table', '20820')).out).toBe('');
      }
      expect(await lab.net('status')).toMatchObject({ code: 1 });
      expect(await transparentSays()).toEqual({ 'transparent-socket': 'ok', 'transparent-route': 'fail', 'transparent-rules': 'fail' });
      expect(await lab.net('down')).toMatchObject({ code: 0 });
    });
  });
});
