/** "Nhập danh sách": an upload, then what it holds and what it would newly block, before anything comes into force. */
import { IMPORT_FORMATS } from '../../lists/formats/layout.js';
import { gateWords, REFUSAL_WORDS } from '../../lists/words.js';
import { waitingImport } from '../imports.js';
import type { Page } from '../page.js';
import { ActionForm, Field } from '../parts/form.js';
import { Entries } from './lists.js';

export const listImportPage: Page = {
  path: '/nhap-danh-sach',
  title: { vi: 'Nhập danh sách', en: 'Import a list' },
  roles: ['it-admin'],
  under: '/danh-sach',
  render(ctx) {
    const { t, env } = ctx;
    const categories = env.shipped().categories.filter(({ code }) => code !== 'trogiup' && code !== 'hatang');
    return (
      <>
        <p><a href="/danh-sach">← {t('Về các danh sách', 'Back to the lists')}</a></p>
        <section class="card">
          <p>{t('Tải lên một tệp (văn bản, gz, zip hoặc tar). Cổng lọc đọc thử, cho xem sẽ chặn thêm gì; chỉ khi thầy/cô đồng ý danh sách mới có hiệu lực.', 'Upload a file (text, gz, zip or tar). It is read and shown first; it comes into force only when you say so.')}</p>
          <ActionForm ctx={ctx} action="list.import" files>
            <Field ctx={ctx} action="list.import" name="category" label={t('Nhóm nội dung', 'Category')} options={[{ value: '', label: t('— chọn nhóm —', '— choose —') }, ...categories.map(({ code, name, nameEn }) => ({ value: code, label: t(name, nameEn) }))]} />
            <Field ctx={ctx} action="list.import" name="file" type="file" required={false} label={t('Tệp', 'File')} hint={t('Tối đa 64 MB. Một kho nhiều phần (UT1, v2fly) thì cổng lọc tự chọn phần hợp với nhóm.', 'At most 64 MB. Of a collection (UT1, v2fly) the parts that fit the category are taken.')} />
            <details>
              <summary>{t('Thêm lựa chọn', 'More choices')}</summary>
              <div class="form">
                <Field ctx={ctx} action="list.import" name="text" type="textarea" required={false} label={t('Hoặc dán nội dung', 'Or paste it')} hint={t('Mỗi dòng một tên trang.', 'One host a line.')} />
                <Field ctx={ctx} action="list.import" name="name" required={false} maxlength={64} label={t('Tên danh sách', 'Name')} hint={t('Để trống: đặt theo nhóm và tên tệp. Trùng tên cũ: thành phiên bản mới của danh sách ấy.', 'Empty: made of category and file. An old name: a new version of that list.')} />
                <Field ctx={ctx} action="list.import" name="format" required={false} label={t('Định dạng', 'Format')} value="auto" options={IMPORT_FORMATS.map((value) => ({ value, label: value === 'auto' ? t('tự nhận ra', 'told by itself') : value }))} />
                <Field ctx={ctx} action="list.import" name="only" required={false} maxlength={400} label={t('Chỉ lấy các phần', 'Only these parts')} placeholder="adult gambling" />
                <label class="tick"><input type="checkbox" name="allow" value="1" /> {t('Đây là danh sách cho phép của trường', 'This is an allow list of the school')}</label>
              </div>
            </details>
            <button>{t('Đọc thử', 'Read it')}</button>
          </ActionForm>
        </section>
      </>
    );
  },
};

export const listPreviewPage: Page = {
  path: '/nhap-danh-sach/:id',
  title: { vi: 'Xem trước danh sách', en: 'The list, before it is in force' },
  roles: ['it-admin'],
  under: '/danh-sach',
  render(ctx) {
    const { t, env, who, format } = ctx;
    const one = waitingImport(who.name, ctx.params['id'] ?? '');
    const { report } = one;
    const n = format.number;
    const category = env.shipped().categories.find(({ code }) => code === report.category);
    const stops = report.gate.some((finding) => finding.stops);
    const wrong = ctx.form?.action === 'list.take' ? ctx.form.fields.get('sure') : undefined;
    return (
      <>
        <section class="card">
          <h2>{report.name}</h2>
          <p>{report.role === 'category' ? t('Chặn cho nhóm', 'Blocks, for') : t('Cho phép, nhóm', 'Allows, for')} <b>«{category === undefined ? report.category : t(category.name, category.nameEn)}»</b>. {report.replaces === null ? t('Danh sách mới.', 'A new list.') : t(`Thay phiên bản ${report.replaces}.`, `Replaces version ${report.replaces}.`)} {t('Chưa có gì thay đổi.', 'Nothing has changed yet.')}</p>
          <table>
            <caption class="unseen">{t('Các dòng của tệp', 'Lines of the file')}</caption>
            <tbody>
              <tr><th scope="row">{t('Dòng trong tệp', 'Lines')}</th><td class="number">{n(report.lines)}</td></tr>
              <tr><th scope="row">{t('Lấy', 'Taken')}</th><td class="number">{n(report.taken)}</td></tr>
              <tr><th scope="row">{t('Gộp (trùng, hoặc đã nằm trong mục khác)', 'Folded (duplicates, covered by others)')}</th><td class="number">{n(report.folded)}</td></tr>
              <tr><th scope="row">{t('Ghi chú, dòng trống', 'Comments')}</th><td class="number">{n(report.comments)}</td></tr>
              <tr><th scope="row">{t('Bỏ', 'Refused')}</th><td class="number">{n(report.refused)}</td></tr>
            </tbody>
          </table>
          {report.refusals.length === 0 ? null : (
            <details class="history">
              <summary>{t('Vì sao bỏ', 'Why refused')}</summary>
              <ul class="steps">
                {report.refusals.map(({ why, lines, first }) => (
                  <li><b>{n(lines)}</b>: {t(...REFUSAL_WORDS[why])}
                    <ul>{first.map(({ file, line, text }) => <li><small>{file} {t('dòng', 'line')} {n(line)}: <code>{text}</code></small></li>)}</ul></li>
                ))}
              </ul>
            </details>
          )}
        </section>
        <section class="card">
          <h2>{report.role === 'category' ? t('Sẽ chặn thêm gì', 'What it would newly block') : t('Sẽ mở thêm gì', 'What it would newly open')}</h2>
          {report.changes === null ? null : (
            <>
              <p>{t(`Thêm ${n(report.changes.added)} mục, bớt ${n(report.changes.removed)} so với bản đang dùng.`, `${n(report.changes.added)} entries more, ${n(report.changes.removed)} fewer than now.`)}</p>
              <Entries ctx={ctx} sign="plus" title={t('Thêm', 'Added')} count={report.changes.added} entries={report.changes.firstAdded} />
              <Entries ctx={ctx} sign="minus" title={t('Bớt', 'Removed')} count={report.changes.removed} entries={report.changes.firstRemoved} />
            </>
          )}
          {report.gate.map((finding) => <p class="note"><b>{finding.stops ? t('Cần xem kỹ', 'Look closely') : t('Chú ý', 'Note')}:</b> {t(...gateWords(finding))}.</p>)}
          {report.stillOpen.count === 0 ? null : <p class="note">{t(`${n(report.stillOpen.count)} trang được bảo vệ vẫn mở dù nằm dưới một mục của danh sách, như ${report.stillOpen.first[0]?.host ?? ''}.`, `${n(report.stillOpen.count)} protected hosts stay open though under an entry, such as ${report.stillOpen.first[0]?.host ?? ''}.`)}</p>}
        </section>
        <section class="card">
          <ActionForm ctx={ctx} action="list.take">
            <input type="hidden" name="id" value={one.id} />
            {stops ? (
              <div class={wrong === undefined ? 'field' : 'field is-wrong'}>
                <label class="tick"><input type="checkbox" name="sure" value="1" {...(wrong === undefined ? {} : { 'aria-describedby': 'sure-wrong', 'aria-invalid': 'true' as const })} /> {t('Tôi đã xem cảnh báo và vẫn muốn đưa vào', 'I have read the warnings and want it all the same')}</label>
                {wrong === undefined ? null : <p class="wrong" id="sure-wrong">{t(wrong.vi, wrong.en)}</p>}
              </div>
            ) : null}
            <button>{t('Đưa vào hiệu lực', 'Bring it into force')}</button>
          </ActionForm>
          <ActionForm ctx={ctx} action="list.drop" class="inline">
            <input type="hidden" name="id" value={one.id} />
            <button class="quiet">{t('Bỏ, không nhập', 'Drop it')}</button>
          </ActionForm>
        </section>
      </>
    );
  },
};
