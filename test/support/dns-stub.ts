/** A DNS server for tests: answers what it is told, well or badly, over UDP and TCP on loopback. Nothing leaves the machine. */
import dgram from 'node:dgram';
import net from 'node:net';

export interface StubRecord {
  readonly type: 'A' | 'AAAA' | 'CNAME';
  /** Owner; the question's name when left out. */
  readonly name?: string;
  readonly ttl?: number;
  /** Address or target name. */
  readonly data: string;
}

export interface StubAnswer {
  /** 0 NOERROR, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED. */
  readonly rcode?: number;
  readonly records?: readonly StubRecord[];
  /** Never answers. */
  readonly silent?: boolean;
  readonly delayMs?: number;
  /** Answers under another id, as a blind spoofer would. */
  readonly wrongId?: boolean;
  /** Answers UDP with TC set and no records; TCP gets the whole. */
  readonly truncated?: boolean;
  /** Sends these bytes as they are. */
  readonly raw?: Buffer;
}

export type StubZone = (name: string, type: 'A' | 'AAAA', nth: number) => StubAnswer;

export interface DnsStub {
  /** For `network.dns`. */
  readonly server: string;
  readonly queries: { readonly name: string; readonly type: string; readonly tcp: boolean }[];
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, number>> = { A: 1, CNAME: 5, AAAA: 28 };

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])), Buffer.from([0])]);
}

function encodeV6(text: string): Buffer {
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle: string[] = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return Buffer.concat([...left, ...middle, ...right].map((group) => Buffer.from(group.padStart(4, '0'), 'hex')));
}

function encodeRecord(record: StubRecord): Buffer {
  const owner = record.name === undefined ? Buffer.from([0xc0, 0x0c]) : encodeName(record.name);
  const data = record.type === 'A' ? Buffer.from(record.data.split('.').map(Number)) : record.type === 'AAAA' ? encodeV6(record.data) : encodeName(record.data);
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(TYPES[record.type] ?? 1, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(record.ttl ?? 60, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
}

function readQuestion(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function buildReply(message: Buffer, end: number, answer: StubAnswer, tcp: boolean): Buffer {
  if (answer.raw !== undefined) return answer.raw;
  const records = answer.truncated === true && !tcp ? [] : (answer.records ?? []);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(answer.wrongId === true ? message.readUInt16BE(0) ^ 0x5555 : message.readUInt16BE(0), 0);
  head.writeUInt16BE(0x8180 | (answer.truncated === true && !tcp ? 0x0200 : 0) | (answer.rcode ?? 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, message.subarray(12, end), ...records.map(encodeRecord)]);
}

export async function startDnsStub(zone: StubZone): Promise<DnsStub> {
  const queries: { name: string; type: string; tcp: boolean }[] = [];
  const counts = new Map<string, number>();

  function answerTo(message: Buffer, tcp: boolean, send: (reply: Buffer) => void): void {
    const question = readQuestion(message);
    const type = question.type === 28 ? 'AAAA' : 'A';
    const key = `${question.name} ${type}`;
    const nth = counts.get(key) ?? 0;
    counts.set(key, nth + 1);
    queries.push({ name: question.name, type, tcp });
    const answer = zone(question.name, type, nth);
    if (answer.silent === true) return;
    const reply = buildReply(message, question.end, answer, tcp);
    if (answer.delayMs === undefined) send(reply);
    else setTimeout(() => send(reply), answer.delayMs);
  }

  const tcpServer = net.createServer((socket) => {
    let pending = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const length = pending.readUInt16BE(0);
        const message = pending.subarray(2, 2 + length);
        pending = pending.subarray(2 + length);
        answerTo(message, true, (reply) => {
          const prefix = Buffer.alloc(2);
          prefix.writeUInt16BE(reply.length, 0);
          socket.write(Buffer.concat([prefix, reply]));
        });
      }
    });
  });
  await new Promise<void>((resolve) => tcpServer.listen(0, '127.0.0.1', resolve));
  const address = tcpServer.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;

  const udp = dgram.createSocket('udp4');
  let open = true;
  udp.on('message', (message, peer) =>
    answerTo(message, false, (reply) => {
      if (open) udp.send(reply, peer.port, peer.address);
    }),
  );
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve));

  return {
    server: `127.0.0.1:${port}`,
    queries,
    async close() {
      open = false;
      await Promise.all([new Promise<void>((resolve) => udp.close(() => resolve())), new Promise<void>((resolve) => tcpServer.close(() => resolve()))]);
    },
  };
}

/** The plain case: a table of addresses; everything else does not exist. */
export function tableZone(table: Readonly<Record<string, readonly string[]>>, ttl = 60): StubZone {
  return (name, type) => {
    const addresses = table[name];
    if (addresses === undefined) return { rcode: 3 };
    const wanted = addresses.filter((a) => a.includes(':') === (type === 'AAAA'));
    return { records: wanted.map((data) => ({ type, data, ttl })) };
  };
}
