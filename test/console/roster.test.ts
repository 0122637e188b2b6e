/** Spreadsheets as schools send them → rows, faults by line and column, what would change; bombs and formulas. */
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readPeople, readRooms, type SchoolNow } from '../../src/console/roster/roster.js';
import { csvText, decodeText, readCsv, readTable, xlsxBytes } from '../../src/console/roster/table.js';

const zone = (name: string, cidrs: string[] = [], macs: string[] = [], port: number | null = null) => ({ name, profile: 'thcs', cidrs, macs, port, login: null, timetable: [] });
const NOW: SchoolNow = {
  zones: [zone('Phòng máy 1', ['192.168.10.0/24'], ['3c:52:82:11:22:33'], 3140), zone('Thư viện', ['192.168.20.0/24'])],
  users: [{ name: 'quantri', role: 'it-admin' }, { name: 'co.lan', role: 'teacher' }],
  teachers: new Map([['Phòng máy 1', ['co.lan']]]),
  ports: [3128, 3129, 8080, 8443],
  asker: 'quantri',
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const rooms = async (text: string) => readRooms(await readTable(bytes(text)), NOW);
const people = async (text: string) => readPeople(await readTable(bytes(text)), NOW);
const faultsOf = ({ faults }: { readonly faults: readonly { readonly line: number; readonly column: string | null; readonly words: { readonly vi: string } }[] }): string[] => faults.map(({ line, column, words }) => `${line} ${column ?? '*'}: ${words.vi}`);

describe('a table as it comes', () => {
  it.each([
    ['semicolons', 'a;b\r\n1;2\r\n', [['a', 'b'], ['1', '2']]],
    ['commas', 'a,b\n"1,5",2', [['a', 'b'], ['1,5', '2']]],
    ['tabs', 'a\tb\n1\t2\n', [['a', 'b'], ['1', '2']]],
    ['commas in quotes do not outvote', '"a, x, y, z";b\n1;2', [['a, x, y, z', 'b'], ['1', '2']]],
    ['what Excel says itself', 'sep=,\r\na,b;c\r\n1,2', [['a', 'b;c'], ['1', '2']]],
    ['quotes within quotes, and lines', 'a;b\n"x ""y""\nz";2', [['a', 'b'], ['x "y"\nz', '2']]],
    ['old Macs', 'a;b\r1;2\r', [['a', 'b'], ['1', '2']]],
    ['empty cells', 'a;b;c\n;;3', [['a', 'b', 'c'], ['', '', '3']]],
    ['marked formulas', "a\n'=1+1\n'-x\n'yes", [['a'], ['=1+1'], ['-x'], ["'yes"]]],
  ])('%s', async (_what, text, expected) => {
    expect(readCsv(text).map(({ cells }) => cells)).toEqual(expected);
  });

  it('counts lines as a person does, also after a cell of several', () => {
    expect(readCsv('a;b\n"x\ny";2\n3;4').map(({ line }) => line)).toEqual([1, 2, 4]);
  });

  it.each([
    ['UTF-8', bytes('Phòng máy Ế')],
    ['UTF-8 with its mark', bytes('\ufeffPhòng máy Ế')],
    ['UTF-8, decomposed', bytes('Phòng máy Ế'.normalize('NFD'))],
    ['UTF-16 little-endian', new Uint8Array([0xff, 0xfe, ...Buffer.from('Phòng máy Ế', 'utf16le')])],
    ['UTF-16 big-endian', new Uint8Array([0xfe, 0xff, ...Buffer.from('Phòng máy Ế', 'utf16le').swap16()])],
    // Ph o+grave ng m a+acute y E-circumflex+acute, as Windows-1258 writes them
    ['Windows-1258', new Uint8Array([0x50, 0x68, 0x6f, 0xcc, 0x6e, 0x67, 0x20, 0x6d, 0x61, 0xec, 0x79, 0x20, 0xca, 0xec])],
  ])('reads %s', (_what, raw) => {
    expect(decodeText(raw)).toBe('Phòng máy Ế');
  });

  it.each([
    ['nothing', new Uint8Array(0), /rỗng/],
    ['blank lines', bytes('\r\n ; ;\r\n'), /không có dòng nào/],
    ['a quotation mark left open', bytes('a;b\n"x;1\n2;3'), /Dòng 2: dấu ngoặc kép/],
    ['too many lines', bytes(`a\n${'1\n'.repeat(2_001)}`), /quá 2000 dòng/],
    ['too many columns', bytes(`${'a;'.repeat(60)}\n1`), /quá 40 cột/],
    ['a cell that is a book', bytes(`a\n${'x'.repeat(2_001)}`), /quá 2000 ký tự/],
    ['too many bytes', new Uint8Array(2 * 2 ** 20 + 1), /lớn quá 2 MiB/],
    ['a zip that is no workbook', new Uint8Array([0x50, 0x4b, 3, 4, 1, 2, 3]), /Không đọc được tệp Excel/],
  ])('refuses %s with one sentence', async (_what, raw, sentence) => {
    await expect(readTable(raw)).rejects.toThrowError(saying(sentence));
  });

  it('writes and reads a workbook: texts stay texts', async () => {
    const rows = [['Tên phòng', 'Hồ sơ lọc', 'MAC'], ['=cmd|calc', 'thcs', '3c:52:82:11:22:33'], ['Phòng Ế', 'thpt', '']];
    const table = await readTable(await xlsxBytes('Phòng', rows));
    expect([table.columns, ...table.rows.map(({ cells }) => [...cells, ...Array.from({ length: 3 - cells.length }, () => '')])]).toEqual(rows);
  });

  it('marks what a spreadsheet would run, and takes the mark off again', async () => {
    const rows = [['a', 'b'], ['=HYPERLINK("http://x")', '+1'], ['-2', '@x'], ['bình;thường', 'x"y']];
    const text = csvText(rows);
    expect(text.startsWith('\ufeff')).toBe(true);
    for (const cell of text.split(/\r\n|;/)) expect(cell.replace(/^\ufeff?"?/, '')).not.toMatch(/^[=+\-@]/);
    const table = await readTable(bytes(text));
    expect([table.columns, ...table.rows.map(({ cells }) => cells)]).toEqual(rows);
  });
});

describe('a workbook', () => {
  it.each([
    ['merged cells over the whole sheet', { after: '<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>' }],
    ['a drop-down list over the whole sheet', { after: '<dataValidations count="1"><dataValidation type="list" sqref="A1:XFD1048576"><formula1>"thcs"</formula1></dataValidation></dataValidations>' }],
    ['a name for the whole sheet', { names: '<definedNames><definedName name="n">S!$A$1:$XFD$1048576</definedName></definedNames>' }],
  ])('%s costs nothing', { timeout: 10_000 }, async (_what, parts) => {
    expect(await readTable(workbook(parts))).toMatchObject({ columns: ['phong'], rows: [] });
  });

  it('of millions of empty cells holds none of them', { timeout: 20_000 }, async () => {
    expect((await readTable(workbook({ rows: `<row r="2">${'<c r="A2"/>'.repeat(1_500_000)}</row><row r="1048576"><c r="XFD1048576"><v>9</v></c><c r="B1048576"><v>7</v></c></row>` }))).rows).toEqual([{ line: 1_048_576, cells: ['', '7'] }]);
  });

  it('is read as Excel shows it: shared and rich texts, numbers, truth, a formula’s value, signs', async () => {
    const rows = '<row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2"><v>3140</v></c><c r="C2" t="b"><v>1</v></c><c r="D2" t="str"><f>A1&amp;"x"</f><v>a&lt;b &#x1EBE;</v></c><c r="F2"><v>1.5E3</v></c></row>';
    const shared = '<sst><si><t>no</t></si><si><r><t>Phòng </t></r><r><t xml:space="preserve">máy</t></r><rPh><t>đọc</t></rPh></si></sst>';
    expect((await readTable(workbook({ rows, shared }))).rows).toEqual([{ line: 2, cells: ['Phòng máy', '3140', 'TRUE', 'a<b Ế', '', '1500'] }]);
  });

  it.each([
    ['entities of its own', { after: '<!DOCTYPE x [<!ENTITY a "aaaa">]>' }],
    ['a tag without an end', { rows: `<row r="2"${' '.repeat(1_000_000)}` }],
    ['a million tags without an end', { rows: '<c '.repeat(1_000_000) }],
  ])('with %s is read or refused at once', { timeout: 10_000 }, async (_what, parts) => {
    try {
      expect((await readTable(workbook(parts))).columns).toEqual(['phong']);
    } catch (error) {
      expect(error).toMatchObject({ words: { vi: expect.stringMatching(/Không đọc được tệp Excel/) as string } });
    }
  });

  it('unpacks no bomb, whatever it says of its size', async () => {
    const bomb = Buffer.alloc(40 * 2 ** 20, ' ');
    for (const said of [bomb.length, 100]) await expect(readTable(zip({ 'xl/workbook.xml': bomb }, said))).rejects.toThrowError(saying(/mở ra lớn quá mức/));
    // several that are small enough one by one
    const half = Buffer.alloc(15 * 2 ** 20, ' ');
    await expect(readTable(zip({ ...parts({}), 'xl/sharedStrings.xml': half, 'xl/worksheets/sheet1.xml': half }, 0))).rejects.toThrowError(saying(/mở ra lớn quá mức/));
  });

  it('cut anywhere, or with any byte of its directory changed, is read or refused in one sentence', async () => {
    const whole = Buffer.from(workbook({}));
    const refusal = async (file: Uint8Array): Promise<void> => {
      try {
        await readTable(file);
      } catch (error) {
        expect(error).toMatchObject({ words: { vi: expect.stringMatching(/\.$/) as string } });
      }
    };
    for (let at = 4; at < whole.length; at++) await refusal(whole.subarray(0, at));
    for (let at = whole.length - 400; at < whole.length; at++) {
      const file = Buffer.from(whole);
      file[at] = 0xff;
      await refusal(file);
    }
  });
});

describe('rooms', () => {
  it('takes what is right, whatever the columns are called and in which order, and says what would change', async () => {
    const preview = await rooms('Ho so loc;TÊN PHÒNG;Dải địa chỉ;Thầy cô\nTHCS;Phòng máy 1;192.168.10.0/24, 192.168.11.5;\nLớp 1-3;Phòng mới;10.1.0.0/16;co.lan\nthcs;thư viện;192.168.20.0/24;\n');
    expect(faultsOf(preview)).toEqual([]);
    expect(preview.rows[0]).toEqual({ line: 2, name: 'Phòng máy 1', profile: 'thcs', cidrs: ['192.168.10.0/24', '192.168.11.5/32'], teachers: [] });
    expect(preview.changes.map(({ line, name, kind, says }) => `${line} ${name} ${kind}: ${says.map(({ vi }) => vi).join('; ')}`)).toEqual([
      '2 Phòng máy 1 changed: dải địa chỉ: 192.168.10.0/24 → 192.168.10.0/24, 192.168.11.5/32; thầy cô: co.lan → –',
      '3 Phòng mới new: hồ sơ: – → lop-1-3; dải địa chỉ: – → 10.1.0.0/16; thầy cô: – → co.lan',
      '4 Thư viện same: ',
    ]);
  });

  it.each([
    ['a column that is missing', 'Tên phòng\nPhòng 2', ['1 Hồ sơ lọc: Thiếu cột «Hồ sơ lọc».']],
    ['a column nobody knows', 'Tên phòng;Hồ sơ lọc;Ghi chú\nPhòng 2;thcs;x', ['1 Ghi chú: Không biết cột «Ghi chú»; các cột: Tên phòng, Hồ sơ lọc, Dải địa chỉ, MAC, Cổng riêng, Thầy cô.']],
    ['a column twice', 'Tên phòng;Hồ sơ lọc;Profile\nPhòng 2;thcs;thcs', ['1 Profile: Cột «Profile» có hai lần.']],
    ['headings alone', 'Tên phòng;Hồ sơ lọc\n', ['1 *: Tệp chỉ có dòng tiêu đề, chưa có dòng nào để nhập.']],
    ['all faults of all lines', 'Tên phòng;Hồ sơ lọc;Dải địa chỉ;MAC;Cổng riêng;Thầy cô\n;thcs;;;;\nPhòng 2;lop9;10.0.0.0/40;zz;abc;ai-do\nPhòng 3;thcs;;;8443;quantri', [
      '2 Tên phòng: Tên phòng «» không dùng được: 1–40 chữ, số, dấu cách, . _ -.',
      '3 Hồ sơ lọc: Không có hồ sơ lọc «lop9»; các hồ sơ: lop-1-3, lop-4-5, thcs, thpt, giao-vien, thi.',
      '3 Dải địa chỉ: «10.0.0.0/40» không phải dải địa chỉ, ví dụ 10.10.2.0/24.',
      '3 MAC: «zz» không phải địa chỉ MAC, ví dụ 3c:52:82:11:22:33.',
      '3 Thầy cô: Không có tài khoản «ai-do»; hãy nhập người trước.',
      '3 Cổng riêng: Cổng phải là số từ 1 đến 65535.',
      '4 Thầy cô: «quantri» không phải giáo viên.',
      '4 Cổng riêng: Cổng 8443 đã được cổng lọc dùng vào việc khác.',
    ]],
    ['a room twice', 'Tên phòng;Hồ sơ lọc\nPhòng 2;thcs\nPHÒNG 2;thpt', ['3 Tên phòng: Phòng PHÒNG 2 đã có ở dòng 2.']],
    ['a range twice in the file', 'Tên phòng;Hồ sơ lọc;Dải địa chỉ\nPhòng 2;thcs;10.0.0.0/24\nPhòng 3;thcs;10.0.0.9/24', ['3 Dải địa chỉ: 10.0.0.0/24 đã thuộc phòng Phòng 2 ở dòng 2.']],
    ['a range of a room the file leaves alone', 'Tên phòng;Hồ sơ lọc;Dải địa chỉ\nPhòng 2;thcs;192.168.20.0/24', ['2 Dải địa chỉ: 192.168.20.0/24 đã thuộc phòng Thư viện.']],
    ['a MAC of a room whose MACs the file does not speak of', 'Tên phòng;Hồ sơ lọc;MAC\nPhòng 2;thcs;3C-52-82-11-22-33', ['2 MAC: 3c:52:82:11:22:33 đã thuộc phòng Phòng máy 1.']],
  ])('says of %s where and what', async (_what, text, expected) => {
    const preview = await rooms(text);
    expect(faultsOf(preview)).toEqual(expected);
    expect(preview.changes).toEqual([]);
  });

  it('lets a range go from one room to another within a file', async () => {
    expect(faultsOf(await rooms('Tên phòng;Hồ sơ lọc;Dải địa chỉ\nPhòng máy 1;thcs;192.168.20.0/24\nThư viện;thcs;192.168.10.0/24'))).toEqual([]);
  });
});

describe('people', () => {
  it('takes codes and the words people use, rooms without accents', async () => {
    const preview = await people('Tài khoản;Vai trò;Phòng\nthay.nam;Giáo viên;phong may 1, Thư viện\nhieu.truong;BGH;\nco.lan;teacher;Phòng máy 1');
    expect(faultsOf(preview)).toEqual([]);
    expect(preview.rows).toEqual([
      { line: 2, name: 'thay.nam', role: 'teacher', rooms: ['Phòng máy 1', 'Thư viện'] },
      { line: 3, name: 'hieu.truong', role: 'head', rooms: [] },
      { line: 4, name: 'co.lan', role: 'teacher', rooms: ['Phòng máy 1'] },
    ]);
    expect(preview.changes.map(({ kind }) => kind)).toEqual(['new', 'new', 'same']);
  });

  it.each([
    ['Tài khoản;Vai trò\nCô Lan;gv', ['2 Tài khoản: Tên tài khoản «Cô Lan» không dùng được: 2–32 chữ thường không dấu, số, . _ -.']],
    ['Tài khoản;Vai trò\nthay.nam;học sinh', ['2 Vai trò: Không có vai trò «học sinh»; các vai trò: giáo viên, quản trị, hiệu trưởng, tư vấn học đường, kiểm tra.']],
    ['Tài khoản;Vai trò\nthay.nam;gv\nthay.nam;gv', ['3 Tài khoản: Tài khoản thay.nam đã có ở dòng 2.']],
    ['Tài khoản;Vai trò\nquantri;gv', ['2 Vai trò: Không tự đổi vai trò của mình được.']],
    ['Tài khoản;Vai trò;Phòng\nthay.nam;gv;Phòng 9', ['2 Phòng: Không có phòng «Phòng 9»; hãy nhập phòng trước.']],
    ['Tài khoản;Vai trò;Phòng\nbgh;hieu truong;Thư viện', ['2 Phòng: Chỉ giáo viên được giao phòng.']],
  ])('says of %j where and what', async (text, expected) => {
    expect(faultsOf(await people(text))).toEqual(expected);
  });
});

function saying(sentence: RegExp): Error {
  return expect.objectContaining({ words: expect.objectContaining({ vi: expect.stringMatching(sentence) as string }) as object }) as Error;
}

interface BookText {
  /** Behind the cells. */
  readonly after?: string;
  readonly names?: string;
  /** Below the headings. */
  readonly rows?: string;
  readonly shared?: string;
}

/** A workbook of one cell, as small as they come, and whatever else is put into it. */
function workbook(text: BookText): Uint8Array {
  return zip(parts(text), 0);
}

function parts({ after = '', names = '', rows = '', shared = '<sst/>' }: BookText): Record<string, Buffer> {
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
  return {
    'xl/workbook.xml': Buffer.from(`<?xml version="1.0"?><workbook ${main} xmlns:r="${office}"><sheets><sheet name="S" sheetId="1" r:id="rId7"/></sheets>${names}</workbook>`),
    'xl/_rels/workbook.xml.rels': Buffer.from(`<Relationships><Relationship Id="rId1" Target="styles.xml"/><Relationship Id="rId7" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`),
    'xl/sharedStrings.xml': Buffer.from(shared),
    'xl/worksheets/sheet1.xml': Buffer.from(`<worksheet ${main}><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>phong</t></is></c></row>${rows}</sheetData>${after}</worksheet>`),
  };
}

/** @param said size each part claims to have; 0: its own */
function zip(files: Readonly<Record<string, Buffer>>, said: number): Uint8Array {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, data] of Object.entries(files)) {
    const packed = deflateRawSync(data);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x0403_4b50, 0);
    local.writeUInt16LE(8, 8);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x0201_4b50, 0);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(said || data.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    locals.push(local, Buffer.from(name), packed);
    directory.push(entry, Buffer.from(name));
    at += 30 + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x0605_4b50, 0);
  end.writeUInt16LE(locals.length / 3, 10);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, ...directory, end]);
}
